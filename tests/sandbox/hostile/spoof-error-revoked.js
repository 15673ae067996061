// A proxy that was revoked.
// expect: error invalid value thrown of type object
const { proxy, revoke } = Proxy.revocable(new Error("x"), {});
revoke();
throw proxy;
