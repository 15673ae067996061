// `Error.prepareStackTrace`: a script's own formatter of stacks, over the frames that a stack shows and nothing else.
(function (lib) {
  "use strict";
  const { apply } = Reflect;
  const RealError = Error;
  const { defineProperty } = Object;

  class CallSite {
    #name;
    #file;
    #line;
    #column;
    constructor(name, file, line, column) {
      [this.#name, this.#file, this.#line, this.#column] = [name, file, line, column];
    }
    getThis() {}
    getTypeName() {
      return null;
    }
    getFunction() {}
    getFunctionName() {
      return this.#name === "" ? null : this.#name;
    }
    getMethodName() {
      return null;
    }
    getFileName() {
      return this.#file;
    }
    getLineNumber() {
      return this.#line;
    }
    getColumnNumber() {
      return this.#column;
    }
    getEvalOrigin() {}
    isToplevel() {
      return true;
    }
    isEval() {
      return false;
    }
    isNative() {
      return false;
    }
    isConstructor() {
      return false;
    }
    isAsync() {
      return false;
    }
    isPromiseAll() {
      return false;
    }
    getPromiseIndex() {
      return null;
    }
    getScriptNameOrSourceURL() {
      return this.#file;
    }
    toString() {
      const place = `${this.#file}:${this.#line}:${this.#column}`;
      return this.#name === "" ? place : `${this.#name} (${place})`;
    }
  }
  delete CallSite.prototype.constructor;

  // While a formatter runs, stacks are what they are without one.
  let formatting = false;
  // What stands for the stack of an error: `parts` are this function, the usual text, then four for each frame.
  lib.formatStack = function formatStack(error, parts) {
    const formatter = formatting ? undefined : RealError.prepareStackTrace;
    if (typeof formatter !== "function") return parts[1];
    const sites = [];
    for (let at = 2; at + 3 < parts.length; at += 4) {
      const value = new CallSite(parts[at], parts[at + 1], parts[at + 2], parts[at + 3]);
      defineProperty(sites, (at - 2) / 4, { __proto__: null, value, writable: true, enumerable: true, configurable: true });
    }
    formatting = true;
    try {
      return apply(formatter, RealError, [error, sites]);
    } finally {
      formatting = false;
    }
  };
})
