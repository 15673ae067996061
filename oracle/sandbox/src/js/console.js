// console, with the inspector's way of printing objects.
(function (lib) {
  "use strict";
  const { op_console, op_now } = lib.host;
  const WIDTH = 72;
  const DEPTH = 4;
  const ITEMS = 100;

  const quote = (text) => {
    const mark = !text.includes('"') ? '"' : !text.includes("'") ? "'" : "`";
    const body = text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll("\r", "\\r").replaceAll("\t", "\\t");
    return mark + (mark === '"' ? body.replaceAll('"', '\\"') : body) + mark;
  };
  const key = (name) => (typeof name === "symbol" ? `[${String(name)}]` : /^[A-Za-z_$][\w$]*$/.test(name) ? name : quote(name));

  function inspect(value, depth = 0, seen = []) {
    switch (typeof value) {
      case "string":
        return quote(value);
      case "bigint":
        return `${value}n`;
      case "number":
        return Object.is(value, -0) ? "-0" : String(value);
      case "function": {
        const kind = /^class\b/.test(Function.prototype.toString.call(value)) ? "class" : "Function";
        if (kind === "class") return `[class ${value.name || "(anonymous)"}]`;
        return value.name ? `[Function: ${value.name}]` : "[Function (anonymous)]";
      }
      case "object":
        return value === null ? "null" : inspectObject(value, depth, seen);
      default:
        return String(value);
    }
  }

  function inspectObject(object, depth, seen) {
    if (seen.includes(object)) return "[Circular]";
    if (object instanceof Error) {
      const head = String(object);
      return depth === 0 && typeof object.stack === "string" && object.stack !== "" ? stackOf(object, head) : `[${head}]`;
    }
    if (object instanceof Date) return Number.isNaN(object.getTime()) ? "Invalid Date" : object.toISOString();
    if (object instanceof RegExp) return String(object);
    const prototype = Object.getPrototypeOf(object);
    const name = prototype === null ? "[Object: null prototype]" : prototype.constructor?.name ?? "";
    if (depth > DEPTH) return Array.isArray(object) ? "[Array]" : `[${name || "Object"}]`;
    const within = [...seen, object];
    const show = (inner) => inspect(inner, depth + 1, within);
    if (object instanceof Promise) return "Promise { <state unknown> }";
    if (Array.isArray(object)) return group("[", "]", items(object, show), "");
    if (ArrayBuffer.isView(object) && !(object instanceof DataView)) {
      return group("[", "]", items(Array.from(object), show), `${name}(${object.length}) `);
    }
    if (object instanceof Map) {
      const list = [...object].slice(0, ITEMS).map(([k, v]) => `${show(k)} => ${show(v)}`);
      return group("{", "}", list, `Map(${object.size}) `);
    }
    if (object instanceof Set) return group("{", "}", items([...object], show), `Set(${object.size}) `);
    if (object instanceof Number || object instanceof String || object instanceof Boolean) {
      return `[${name}: ${inspect(object.valueOf())}]`;
    }
    const list = Reflect.ownKeys(object)
      .filter((own) => Object.prototype.propertyIsEnumerable.call(object, own))
      .slice(0, ITEMS)
      .map((own) => {
        const property = Object.getOwnPropertyDescriptor(object, own);
        if (property.get || property.set) return `${key(own)}: [${property.get ? "Getter" : "Setter"}]`;
        return `${key(own)}: ${show(property.value)}`;
      });
    const prefix = name === "Object" || name === "" ? "" : `${name} `;
    return list.length === 0 ? `${prefix}{}` : group("{", "}", list, prefix);
  }
  function stackOf(error, head) {
    const stack = error.stack.startsWith(head) ? error.stack : `${head}\n${error.stack}`;
    const frames = stack.split("\n").filter((line) => !line.includes("functions:"));
    return frames.join("\n").trimEnd();
  }
  function items(list, show) {
    const shown = Array.from(list.slice(0, ITEMS), (item, at) => (at in list ? show(item) : "<1 empty item>"));
    if (list.length > ITEMS) shown.push(`... ${list.length - ITEMS} more items`);
    return shown;
  }
  function group(open, close, list, prefix) {
    if (list.length === 0) return `${prefix}${open}${close}`;
    const flat = `${prefix}${open} ${list.join(", ")} ${close}`;
    if (flat.length <= WIDTH && !flat.includes("\n")) return flat;
    const inner = list.map((item) => `  ${item.replaceAll("\n", "\n  ")}`).join(",\n");
    return `${prefix}${open}\n${inner}\n${close}`;
  }

  function format(values) {
    if (typeof values[0] !== "string" || !values[0].includes("%")) return values.map(plain).join(" ");
    let next = 1;
    const head = values[0].replace(/%([sdifoOcj%])/g, (whole, code) => {
      if (code === "%") return "%";
      if (next >= values.length) return whole;
      const value = values[next++];
      if (code === "c") return "";
      if (code === "s") return typeof value === "object" && value !== null ? inspect(value) : String(value);
      if (code === "d" || code === "i") return typeof value === "bigint" ? `${value}n` : String(code === "i" ? Math.trunc(Number(value)) : Number(value));
      if (code === "f") return String(Number.parseFloat(value));
      return code === "j" ? JSON.stringify(value) : inspect(value);
    });
    return [head, ...values.slice(next).map(plain)].join(" ");
  }
  const plain = (value) => (typeof value === "string" ? value : inspect(value));

  let indent = "";
  const counts = new Map();
  const timers = new Map();
  function print(...values) {
    let text;
    try {
      text = format(values);
    } catch {
      text = "(a value that cannot be printed)";
    }
    op_console(indent === "" ? text : indent + text.replaceAll("\n", `\n${indent}`));
  }
  const elapsed = (label) => `${label}: ${op_now(false) - (timers.get(label) ?? 0)}ms`;

  lib.globals.console = {
    log: (...values) => print(...values),
    info: (...values) => print(...values),
    debug: (...values) => print(...values),
    warn: (...values) => print(...values),
    error: (...values) => print(...values),
    trace: (...values) => print("Trace:", ...values),
    dir: (value) => print(inspect(value)),
    table: (value) => print(inspect(value)),
    assert: (condition, ...values) => {
      if (!condition) print("Assertion failed", ...values);
    },
    count: (label = "default") => {
      counts.set(label, (counts.get(label) ?? 0) + 1);
      print(`${label}: ${counts.get(label)}`);
    },
    countReset: (label = "default") => void counts.delete(label),
    time: (label = "default") => void timers.set(label, op_now(false)),
    timeLog: (label = "default", ...values) => print(elapsed(label), ...values),
    timeEnd: (label = "default") => {
      print(elapsed(label));
      timers.delete(label);
    },
    group: (...values) => {
      if (values.length > 0) print(...values);
      indent += "  ";
    },
    groupCollapsed: (...values) => lib.globals.console.group(...values),
    groupEnd: () => {
      indent = indent.slice(2);
    },
  };
})
