// A plain object that claims to be an error.
// expect: error invalid value thrown of type object
Object.defineProperty(Error, Symbol.hasInstance, { value: () => true });
throw { message: "not an error", name: "Error" };
