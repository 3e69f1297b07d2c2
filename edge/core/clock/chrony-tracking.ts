/**
 * Reads the one line of `chronyc -c tracking`. Fields: reference id, its name or address, stratum, reference time (s
 * since 1970), correction of the system clock still to be made (s, positive: the clock is slow), last and RMS offset (s),
 * frequency, residual frequency, skew (ppm), root delay, root dispersion, update interval (s), leap status.
 * Strict: a line that is anything else is refused, never guessed at.
 * @see chronyc(1), `tracking`; the bound is its "maximum error": |offset| + root dispersion + root delay / 2
 */
import type { Millis } from '@minewarden/protocol/time.ts'
import type { DaemonAnswer } from './daemon-answer.ts'

const FIELDS = 14
/** No line of chronyc is near this long. */
const MAX_CHARS = 512
const NUMBER = /^[+-]?\d{1,12}(\.\d{1,12})?$/
const LEAPS = new Set(['Normal', 'Insert second', 'Delete second', 'Not synchronised'])
/** The driver writes numbers as floats with a fraction of 24 bits. @see chrony candm.h, Float */
const FLOAT_STEP = 2 ** -24
/** A reference clock carries four printable letters for an id (GPS, PPS, SHM0, GNSS); a server its address. */
const SATELLITE = /^(GPS|GNSS|NMEA|PPS|GAL|GLO|BDS|SHM|SOCK|PHC|REFCLK)/i
const LOCAL_REFERENCE = '7F7F0101'

/**
 * @param text standard output of chronyc
 * @param wallMs system time when it was asked
 */
export function readChronyTracking(text: string, wallMs: Millis): DaemonAnswer {
  const fields = text.length > MAX_CHARS ? [] : text.trim().split(',')
  const [reference = '', name = '', , ...rest] = fields
  const leap = rest.at(-1) ?? ''
  const numbers = [fields[2] ?? '', ...rest.slice(0, -1)]
  const isSound =
    fields.length === FIELDS && /^[0-9A-F]{8}$/.test(reference) && LEAPS.has(leap) && numbers.every(isNumber)
  if (!isSound) return { kind: 'absent', reason: 'chronyc answers what is no tracking line' }
  const [stratum, referenceS, correctionS, , , , , skewPpm, rootDelayS, rootDispersionS, intervalS] = numbers.map(
    Number,
  ) as TrackingNumbers
  // `local` lets chronyd serve its own free clock: that is no reference.
  if (leap === 'Not synchronised' || stratum === 0 || referenceS === 0 || reference === LOCAL_REFERENCE) {
    return { kind: 'unsynchronised', source: 'chrony' }
  }
  const correctionMs = correctionS * 1000
  return {
    kind: 'synchronised',
    source: 'chrony',
    quality: isSatellite(reference, name) ? 'gnss' : 'ntp',
    correctionMs,
    errorMs: (rootDelayS / 2 + rootDispersionS) * 1000 + Math.abs(correctionMs) * FLOAT_STEP,
    // Its reference time is that of the clock as corrected.
    referenceAgeMs: wallMs + correctionMs - referenceS * 1000,
    updateIntervalMs: intervalS * 1000,
    skewPpm,
  }
}

type TrackingNumbers = [number, number, number, number, number, number, number, number, number, number, number]

const isNumber = (text: string): boolean => NUMBER.test(text)

/** A driver's id is text; an address of four bytes may look like some, but then chronyc names an address or a host. */
function isSatellite(reference: string, name: string): boolean {
  let letters = ''
  for (let i = 0; i < 8; i += 2) {
    const code = Number.parseInt(reference.slice(i, i + 2), 16)
    if (code !== 0) letters += String.fromCharCode(code)
  }
  return SATELLITE.test(letters) && (name === '' || name === letters)
}
