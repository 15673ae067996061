// Far more bytes than a frame may have.
// expect: error response >512 bytes
return new Uint8Array(8 << 20);
