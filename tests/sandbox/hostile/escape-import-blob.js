// A module made in the script.
// expect: error import of blob:null/1 denied
await import("blob:null/1");
