// Cases, widths, code points and normalisation.
// expect: result 0x5b225354524153534520c4b05354414e42554c20464920f09f91a9e2808df09f9a802045cc81222c32372c32352c32382c32342c3736392c22313231616263222c22612d2b622d2b63222c2d312c342c222545302541342541222c226162222c2263616d656c5f636173655f74657874225d
const text = "Straße İstanbul ﬁ 👩‍🚀 e\u0301";
return Functions.encodeString(JSON.stringify([
  text.toUpperCase(), text.toLowerCase().length, text.normalize("NFC").length, text.normalize("NFKD").length, [...text].length, text.at(-1).codePointAt(0),
  "abc".padStart(6, "12"), "a-b-c".replaceAll("-", "$&+"), "x".localeCompare("y"), " trim\u00a0\ufeff".trim().length, "%E0%A4%A", "abc".substring(2, 0), "camelCaseText".replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`),
]));
