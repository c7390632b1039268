/** A person's or room's picture, or their initials in their colour. */
import { createContext, use, useEffect, useState, type ReactNode } from "react";
import { hue, initials } from "../../lib/names.ts";
import styles from "./Avatar.module.css";

export type AvatarSize = 16 | 20 | 32 | 36 | 44 | 72 | 96;
export type LoadAvatar = (source: string, size: number) => Promise<string | undefined>;

/** How pictures are fetched; without it, initials stand for everybody. */
export const AvatarLoader = createContext<LoadAvatar | undefined>(undefined);

interface AvatarProps {
  readonly name: string;
  readonly source: string | undefined;
  readonly size?: AvatarSize;
  readonly square?: boolean;
}

/** Decorative: the name always stands beside it. */
export function Avatar({ name, source, size = 36, square = false }: AvatarProps): ReactNode {
  const url = useAvatarUrl(source, size);
  const letters = size < 32 ? initials(name).slice(0, 1) : initials(name);
  return (
    <span
      className={styles.avatar}
      data-size={size}
      data-hue={hue(name)}
      data-square={square}
      aria-hidden="true"
    >
      {url === undefined ? letters : <img src={url} alt="" draggable={false} />}
    </span>
  );
}

function useAvatarUrl(source: string | undefined, size: number): string | undefined {
  const load = use(AvatarLoader);
  const [loaded, setLoaded] = useState<{ source: string; url: string | undefined }>();
  useEffect(() => {
    if (source === undefined || load === undefined) return;
    let current = true;
    const show = (url: string | undefined): void => {
      if (current) setLoaded({ source, url });
    };
    load(source, size * 2).then(show, () => show(undefined));
    return () => {
      current = false;
    };
  }, [source, size, load]);
  return loaded !== undefined && loaded.source === source ? loaded.url : undefined;
}
