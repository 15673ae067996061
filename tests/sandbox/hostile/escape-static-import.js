// A declaration that belongs to modules.
// expect: error syntax error, RAM exceeded, or other error: syntax
import fs from "node:fs";
