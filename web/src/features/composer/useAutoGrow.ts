import { useLayoutEffect, type RefObject } from "react";

/** Makes a text area as high as its text; its style sheet says where that ends. */
export function useAutoGrow(input: RefObject<HTMLTextAreaElement | null>, text: string): void {
  useLayoutEffect(() => {
    if (input.current !== null) grow(input.current);
  }, [input, text]);
}

function grow(area: HTMLTextAreaElement): void {
  area.style.height = "auto";
  area.style.height = `${area.scrollHeight}px`;
}
