import { describe, expect, it } from "vitest";
import { firstReadable, isReadable, moveText } from "./ledger";

describe("the ledger in words", () => {
  it("says from where to where", () => {
    expect(moveText({ kind: "set", from: null, to: 1 })).toBe("none → 1");
    expect(moveText({ kind: "rolled_back", from: 3, to: 2 })).toBe("3 → 2");
    expect(moveText({ kind: "removed", from: 3, to: null })).toBe("3 → none");
    expect(moveText({ kind: "kept", from: 3, to: 3, candidate: 4 })).toBe("3, not 4");
  });

  it("shows the card before the signature, and no large file", () => {
    const files = [{ path: "model.onnx", size: 9_000_000 }, { path: "signature.json", size: 90 }, { path: "card/card.json", size: 900 }];
    expect(firstReadable(files)).toBe("card/card.json");
    expect(firstReadable(files.slice(0, 2))).toBe("signature.json");
    expect(firstReadable(files.slice(0, 1))).toBeUndefined();
    expect(isReadable("huge.json", 1_000_000)).toBe(false);
  });
});
