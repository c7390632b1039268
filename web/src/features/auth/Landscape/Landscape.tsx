/** Semaphores on hills, each repeating what the one before it said. */
import type { ReactNode } from "react";
import { SignStrokes } from "../../../ui/Sign/Sign.tsx";
import styles from "./Landscape.module.css";

export function Landscape(): ReactNode {
  return (
    <svg
      className={styles.landscape}
      viewBox="0 0 640 900"
      preserveAspectRatio="xMidYMax slice"
      aria-hidden="true"
    >
      <circle className={styles.sun} cx="470" cy="330" r="92" />
      <path
        className={styles.far}
        d="M0 560 C90 500 170 505 260 540 S430 610 520 560 S620 520 640 528 V900 H0Z"
      />
      <Tower x={196} y={516} scale={0.5} order="third" />
      <path
        className={styles.middle}
        d="M0 660 C110 640 200 690 300 690 S480 590 560 596 S630 620 640 626 V900 H0Z"
      />
      <Tower x={548} y={596} scale={0.95} order="second" />
      <path
        className={styles.near}
        d="M0 720 C80 690 150 694 230 730 S420 836 520 812 S620 790 640 786 V900 H0Z"
      />
      <Tower x={150} y={704} scale={2} order="first" />
    </svg>
  );
}

interface TowerProps {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
  readonly order: "first" | "second" | "third";
}

function Tower({ x, y, scale, order }: TowerProps): ReactNode {
  return (
    <g
      className={styles.tower}
      data-order={order}
      transform={`translate(${x} ${y}) scale(${scale})`}
    >
      <path className={styles.house} d="M-13 6 V-22 L0 -34 L13 -22 V6Z" />
      <path className={styles.mast} d="M0 -30 V-92" />
      <g transform="translate(-33.6 -125.6) scale(1.4)" data-moving="true">
        <SignStrokes />
      </g>
    </g>
  );
}
