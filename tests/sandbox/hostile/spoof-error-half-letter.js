// A message cut inside a letter, and half a surrogate pair.
// expect: error �€
throw new Error("\ud800€");
