// The web platform, from Deno's own sources: URL, text, events, streams, the inspector.
//
// They hold their own references to the language's built-ins, so a script that changes a prototype
// changes nothing here. Two seams are ours: an exception that is reported becomes an event of the global
// scope or ends the run, and time comes from the run's clock.
(function (lib) {
  "use strict";
  const { core } = lib;
  const load = (name) => core.loadExtScript(`ext:deno_web/${name}.js`);

  const { DOMException } = load("01_dom_exception");
  const event = load("02_event");
  const { URL, URLSearchParams } = load("00_url");
  const { TextEncoder, TextDecoder, TextEncoderStream, TextDecoderStream } = load("08_text_encoding");
  const base64 = load("05_base64");
  const abort = load("03_abort_signal");
  const streams = load("06_streams");
  lib.console = load("01_console");
  lib.inspect = lib.console.inspect;
  lib.abort = abort;
  lib.event = event;

  event.saveGlobalThisReference({
    dispatchEvent(reported) {
      lib.report(reported.error);
      return false;
    },
  });
  core.setReportExceptionCallback((error) => void lib.report(error));

  // Errors of the host's ops that the standard calls DOM exceptions.
  for (const name of ["InvalidCharacterError", "NotSupportedError", "OperationError", "DataError", "AbortError"]) {
    core.registerErrorBuilder(`DOMException${name}`, (text) => new DOMException(text, name));
  }

  const encoder = new TextEncoder();
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const encode = TextEncoder.prototype.encode;
  const decode = TextDecoder.prototype.decode;
  const { apply, getOwnPropertyDescriptor, getPrototypeOf } = Reflect;
  // Methods and getters as they are before a script runs, called with their receiver first.
  lib.method = (of, name) => {
    const callee = of[name];
    return (receiver, ...args) => apply(callee, receiver, args);
  };
  lib.reader = (of, name) => {
    const { get } = getOwnPropertyDescriptor(of, name);
    return (receiver) => apply(get, receiver, []);
  };
  const views = getPrototypeOf(Uint8Array.prototype);
  lib.view = {
    buffer: lib.reader(views, "buffer"),
    offset: lib.reader(views, "byteOffset"),
    bytes: lib.reader(views, "byteLength"),
  };
  const { isView } = ArrayBuffer;
  lib.encodeUtf8 = (text) => apply(encode, encoder, [text]);
  lib.decodeUtf8 = (bytes) => apply(decode, decoder, [bytes]);

  // The bytes behind any buffer source, without copying.
  lib.bytesOf = function bytesOf(source) {
    if (source instanceof Uint8Array) return source;
    if (isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
    if (source instanceof ArrayBuffer) return new Uint8Array(source);
    throw new TypeError("expected an ArrayBuffer or a view of one");
  };
  lib.streamOf = (bytes) =>
    new streams.ReadableStream({
      start(controller) {
        if (bytes.length > 0) controller.enqueue(bytes);
        controller.close();
      },
    });

  // Deno's decoder takes the alphabet for URLs too; the standard does not.
  function atob(data) {
    if (/[-_]/.test(`${data}`)) {
      throw new DOMException("Failed to decode base64: invalid character", "InvalidCharacterError");
    }
    return apply(base64.atob, globalThis, arguments);
  }
  function btoa(_data) {
    return apply(base64.btoa, globalThis, arguments);
  }

  // For structuredClone, one function a class of ours: what makes the like of a value, null where a value of the class
  // has none, undefined for every other value.
  lib.platform = [];

  lib.globals = {
    DOMException, URL, URLSearchParams, TextEncoder, TextDecoder, TextEncoderStream, TextDecoderStream,
    atob, btoa,
    Event: event.Event,
    EventTarget: event.EventTarget,
    CustomEvent: event.CustomEvent,
    AbortController: abort.AbortController,
    AbortSignal: abort.AbortSignal,
    ReadableStream: streams.ReadableStream,
    ReadableStreamDefaultReader: streams.ReadableStreamDefaultReader,
    WritableStream: streams.WritableStream,
    TransformStream: streams.TransformStream,
    ByteLengthQueuingStrategy: streams.ByteLengthQueuingStrategy,
    CountQueuingStrategy: streams.CountQueuingStrategy,
  };
})
