// An interval without pause: the virtual clock runs to the end of the window.
// expect: error script runtime exceeded
setInterval(() => {}, 0);
await new Promise(() => {});
