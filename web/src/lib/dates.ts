/** Dates in words, for people: pure, told what "now" is. */
import type { Locale } from "./preferences.ts";

/** The same for all moments of one local day. */
export function dayKey(timestamp: number): string {
  const date = new Date(timestamp);
  return `${date.getFullYear()}-${date.getMonth() + 1}-${date.getDate()}`;
}

/** "14:05". */
export function formatTime(timestamp: number, locale: Locale): string {
  return formatter(locale, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(
    timestamp,
  );
}

/** The day of a mark in the timeline: "Aujourd’hui", "Hier", "lundi 3 novembre", with the year when it is another. */
export function formatDay(timestamp: number, now: number, locale: Locale): string {
  const days = daysBetween(timestamp, now);
  if (days === 0 || days === 1) {
    return capitalise(
      new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(-days, "day"),
    );
  }
  const sameYear = new Date(timestamp).getFullYear() === new Date(now).getFullYear();
  return capitalise(
    formatter(locale, {
      weekday: "long",
      day: "numeric",
      month: "long",
      ...(sameYear ? {} : { year: "numeric" }),
    }).format(timestamp),
  );
}

/** The short moment in a list: the time today, "Hier", the weekday this week, then the date. */
export function formatMoment(timestamp: number, now: number, locale: Locale): string {
  const days = daysBetween(timestamp, now);
  if (days <= 0) return formatTime(timestamp, locale);
  if (days === 1) return formatDay(timestamp, now, locale);
  if (days < 7) return capitalise(formatter(locale, { weekday: "short" }).format(timestamp));
  const sameYear = new Date(timestamp).getFullYear() === new Date(now).getFullYear();
  return sameYear
    ? formatter(locale, { day: "numeric", month: "short" }).format(timestamp)
    : formatter(locale, { day: "2-digit", month: "2-digit", year: "numeric" }).format(timestamp);
}

/** The whole moment, for titles and devices. */
export function formatFull(timestamp: number, locale: Locale): string {
  return formatter(locale, { dateStyle: "long", timeStyle: "short" }).format(timestamp);
}

/** Local calendar days from `timestamp` to `now`, whatever the clock changes between. */
function daysBetween(timestamp: number, now: number): number {
  const day = (moment: number): number => {
    const date = new Date(moment);
    return Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / 86_400_000;
  };
  return day(now) - day(timestamp);
}

function capitalise(text: string): string {
  return text.charAt(0).toLocaleUpperCase() + text.slice(1);
}

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(locale: Locale, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = locale + JSON.stringify(options);
  const known = formatters.get(key);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat(locale === "en" ? "en-GB" : "fr-FR", options);
  formatters.set(key, made);
  return made;
}
