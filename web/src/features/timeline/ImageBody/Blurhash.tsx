/** The blur that a picture's few bytes of hash describe. */
import { useEffect, useRef, type ReactNode } from "react";
import { decode, isBlurhashValid } from "blurhash";
import styles from "./ImageBody.module.css";

const SIDE = 32;

export function Blurhash({ hash }: { readonly hash: string }): ReactNode {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context || !isBlurhashValid(hash).result) return;
    context.putImageData(
      new ImageData(new Uint8ClampedArray(decode(hash, SIDE, SIDE)), SIDE, SIDE),
      0,
      0,
    );
  }, [hash]);
  return (
    <canvas ref={canvas} className={styles.blur} width={SIDE} height={SIDE} aria-hidden="true" />
  );
}
