// @vitest-environment node
import { describe, expect, it } from "vitest";
import { decryptAttachment, encryptAttachment, readEncryptedFile } from "./attachments.ts";

const plaintext = new TextEncoder().encode("procès-verbal de la séance");

describe("an encrypted attachment", () => {
  it("comes out as it went in", async () => {
    const sealed = await encryptAttachment(plaintext);
    const opened = await decryptAttachment(sealed.ciphertext, sealed.file);
    expect(new Uint8Array(opened)).toEqual(plaintext);
  });

  it("shows nothing of its content", async () => {
    const sealed = await encryptAttachment(plaintext);
    expect(new TextDecoder().decode(sealed.ciphertext)).not.toContain("séance");
  });

  it("has the form of the specification", async () => {
    const { file } = await encryptAttachment(plaintext);
    expect(file).toMatchObject({
      v: "v2",
      key: { kty: "oct", alg: "A256CTR", ext: true, key_ops: ["encrypt", "decrypt"] },
    });
    expect(file.iv).toMatch(/AAAAAAAAAA[A-D]?$|AAAAAAAAAAA$/);
    expect(file.hashes.sha256).not.toContain("=");
  });

  it("is sealed under another key each time", async () => {
    const [first, second] = [
      await encryptAttachment(plaintext),
      await encryptAttachment(plaintext),
    ];
    expect(first.file.key.k).not.toBe(second.file.key.k);
    expect(first.file.iv).not.toBe(second.file.iv);
  });

  it("is opened as another client wrote it", async () => {
    // Padding in the hash is tolerated.
    const sealed = await encryptAttachment(plaintext);
    const file = { ...sealed.file, hashes: { sha256: `${sealed.file.hashes.sha256 ?? ""}=` } };
    expect(new Uint8Array(await decryptAttachment(sealed.ciphertext, file))).toEqual(plaintext);
  });

  it.each<[string, (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>]>([
    ["a bit is flipped", (bytes) => bytes.map((byte, index) => (index === 3 ? byte ^ 1 : byte))],
    ["it is cut short", (bytes) => bytes.slice(0, -1)],
    ["something is added", (bytes) => Uint8Array.from([...bytes, 0])],
    ["it is empty", () => new Uint8Array()],
  ])("is refused when %s", async (_, tamper) => {
    const sealed = await encryptAttachment(plaintext);
    const altered = tamper(new Uint8Array(sealed.ciphertext));
    await expect(decryptAttachment(altered.buffer, sealed.file)).rejects.toMatchObject({
      code: "file-damaged",
    });
  });

  it("is refused without a hash, or in an unknown version", async () => {
    const { ciphertext, file } = await encryptAttachment(plaintext);
    for (const wrong of [
      { ...file, hashes: {} },
      { ...file, v: "v1" },
    ]) {
      await expect(decryptAttachment(ciphertext, wrong)).rejects.toMatchObject({
        code: "file-damaged",
      });
    }
  });
});

describe("the file of a message", () => {
  const file = {
    url: "mxc://chappe.example/abc",
    key: { k: "x" },
    iv: "AAAA",
    hashes: { sha256: "x" },
    v: "v2",
  };

  it("is read when it is whole", () => {
    expect(readEncryptedFile(file)).toEqual(file);
  });

  it.each<[string, unknown]>([
    ["nothing", undefined],
    ["text", "mxc://a/b"],
    ["a foreign address", { ...file, url: "https://example.org/x" }],
    ["no key", { ...file, key: null }],
    ["no hash", { ...file, hashes: {} }],
    ["a number for iv", { ...file, iv: 4 }],
  ])("is not read from %s", (_, value) => {
    expect(readEncryptedFile(value)).toBeUndefined();
  });
});
