// A proxy that was revoked.
// expect: error syntax error, RAM exceeded, or other error: unhandled rejection
const { proxy, revoke } = Proxy.revocable(new Error("x"), {});
revoke();
throw proxy;
