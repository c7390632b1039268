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
      <path
        className={styles.farthest}
        d="M0 520 C120 470 210 520 330 488 S540 440 640 482 V900 H0Z"
      />
      <Tower x={344} y={486} scale={0.42} order="fourth" />
      <path
        className={styles.far}
        d="M0 566 C90 520 190 600 300 580 S450 510 530 516 S620 548 640 556 V900 H0Z"
      />
      <Tower x={566} y={522} scale={0.72} order="third" />
      <path
        className={styles.middle}
        d="M0 640 C60 612 130 604 196 626 S330 712 440 708 S600 668 640 650 V900 H0Z"
      />
      <Tower x={150} y={614} scale={1.25} order="second" />
      <path className={styles.near} d="M0 770 C110 800 220 808 330 780 S520 704 640 724 V900 H0Z" />
      <Tower x={440} y={752} scale={2.1} order="first" />
    </svg>
  );
}

interface TowerProps {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
  readonly order: "first" | "second" | "third" | "fourth";
}

function Tower({ x, y, scale, order }: TowerProps): ReactNode {
  return (
    <g
      className={styles.tower}
      data-order={order}
      transform={`translate(${x} ${y}) scale(${scale})`}
    >
      <path className={styles.mast} d="M0 -26 V-84" />
      <path className={styles.mast} d="M-5 -46 H5 M-5 -58 H5" />
      <path
        className={styles.house}
        d="M-12 8 L-10 -22 L-14 -22 L0 -38 L14 -22 L10 -22 L12 8Z M-2.5 8 V-2 a2.5 2.5 0 0 1 5 0 V8Z M-2 -18 h4 v6 h-4Z"
      />
      <g transform="translate(-26.4 -110.4) scale(1.1)" data-moving="true">
        <SignStrokes />
      </g>
    </g>
  );
}
