// One byte too many.
// expect: error response >512 bytes
return new Uint8Array(513);
