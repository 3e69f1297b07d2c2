/**
 * What a transient is judged by: how it stands out of the background in each band, its shape in time
 * (`envelope.ts`), its spectrum around the strongest arrival with the spectrum before the onset taken away.
 */
import { BAND_NAMES, type Band, LOWEST_HZ } from '../dsp/bands.ts'
import { createPowerSpectrum, type PowerSpectrum } from '../dsp/real-fft.ts'
import type { Ring } from '../dsp/ring.ts'
import { BANDING_WINDOW_S, findBanding } from '../dsp/spectral-banding.ts'
import { spectralSlope } from '../dsp/spectral-slope.ts'
import { describeShape, type Shape } from './envelope.ts'
import { findPhases, phaseRatioDb } from './phases.ts'
import type { Segment } from './trigger.ts'

/** Energies of all bands by frame (`frame % length * bands + band`), for the last `length` frames. */
export interface FrameHistory {
  readonly length: number
  readonly energies: Float64Array
}

/** Where the features come from: the rings of one channel. */
export interface EventSource {
  readonly bands: readonly Band[]
  readonly frames: FrameHistory
  readonly frameRateHz: number
  readonly samplesPerFrame: number
  readonly rateHz: number
  /** Broadband samples in SI units by their index in the run. */
  readonly samples: Ring
}

/** The fields common to `event` and `airEvent`, and the peak and background in the sensor's unit. */
export type EventFeatures = ReturnType<typeof describeEvent>

/** A band carries the transient if it stands this much (in energy) above its background. */
const CARRIES = 4
/** Spectrum of the strongest arrival: about so long. */
const SPECTRUM_S = 1.28
/** The anti-alias filter of a digitiser bends the spectrum beyond. */
const HIGHEST_SHARE = 0.4
/** Bin energy below this share of the strongest is not counted into the centroid. */
const CENTROID_FLOOR = 0.01

/** Spectra by length, so that tables are made once a rate. */
export function createEventDescriber() {
  const spectra = new Map<number, PowerSpectrum>()
  const spectrumOf = (seconds: number, rateHz: number): PowerSpectrum => {
    const size = 2 ** Math.max(4, Math.round(Math.log2(seconds * rateHz)))
    let spectrum = spectra.get(size)
    if (!spectrum) {
      // One sensor has one rate, a few in its life: the table stays small.
      if (spectra.size >= 8) spectra.clear()
      spectrum = createPowerSpectrum(size)
      spectra.set(size, spectrum)
    }
    return spectrum
  }
  return (segment: Segment, source: EventSource) =>
    describeEvent(segment, source, {
      arrival: spectrumOf(SPECTRUM_S, source.rateHz),
      banding: spectrumOf(BANDING_WINDOW_S, source.rateHz),
    })
}

interface Spectra {
  readonly arrival: PowerSpectrum
  readonly banding: PowerSpectrum
}

function describeEvent(segment: Segment, source: EventSource, spectra: Spectra) {
  const { bands, frameRateHz, samplesPerFrame } = source
  const snr = bandRatios(segment, source)
  const carrying = bands.map((_, b) => snr[b]! >= CARRIES)
  const envelope = whitened(segment, source, carrying)
  const floor = Math.max(1, carrying.filter(Boolean).length)
  const shape = describeShape(envelope, floor, frameRateHz)
  const main = Math.round(shape.mainS * frameRateHz)
  const first = segment.onset * samplesPerFrame
  const end = (segment.last + 1) * samplesPerFrame
  const wave = describeWave(source.samples, first, end)
  const best = Math.max(...snr)
  return {
    durationS: (segment.last + 1 - segment.onset) / frameRateHz,
    cut: segment.cut,
    peak: wave.peak,
    kurtosis: wave.kurtosis,
    background: Math.sqrt(segment.background.reduce((sum, energy) => sum + energy, 0)),
    snrDb: decibel(best),
    ...snrFields(snr),
    ...energyShares(segment, source),
    ...describeSpectrum(source, spectra.arrival, first, first + shape.strongest * samplesPerFrame),
    ...describeBanding(source, spectra.banding, first + main * samplesPerFrame, end),
    ...describePhases({ ...segment, onset: segment.onset + main }, source, envelope.subarray(main), floor),
    zeroCrossingHz: zeroCrossing(source.samples, wave.at, source.rateHz),
    ...published(shape),
  }
}

const published = ({ strongest: _, ...shape }: Shape): Omit<Shape, 'strongest'> => shape

const decibel = (ratio: number): number => 10 * Math.log10(Math.max(ratio, 1e-3))

/** Largest energy of each band over its background, five frames averaged. */
function bandRatios({ onset, last, background }: Segment, { bands, frames }: EventSource): Float64Array {
  const ratios = new Float64Array(bands.length)
  for (let b = 0; b < bands.length; b++) {
    let sum = 0
    for (let f = onset; f <= last; f++) {
      sum += energyAt(frames, bands.length, f, b)
      if (f - 5 >= onset) sum -= energyAt(frames, bands.length, f - 5, b)
      ratios[b] = Math.max(ratios[b]!, sum / 5 / background[b]!)
    }
  }
  return ratios
}

const energyAt = ({ energies, length }: FrameHistory, bands: number, frame: number, band: number): number =>
  energies[(frame % length) * bands + band]!

/** Energy over background, summed over the bands that carry the transient: near their number in mere noise. */
function whitened({ onset, last, background }: Segment, source: EventSource, carrying: readonly boolean[]) {
  const { bands, frames } = source
  const envelope = new Float64Array(last - onset + 1)
  for (let b = 0; b < bands.length; b++) {
    if (!carrying[b]) continue
    for (let f = onset; f <= last; f++) {
      envelope[f - onset] = envelope[f - onset]! + energyAt(frames, bands.length, f, b) / background[b]!
    }
  }
  return envelope
}

type SnrFields = { [K in `snr${(typeof BAND_NAMES)[number]}Db`]: number | null }

function snrFields(snr: Float64Array): SnrFields {
  const entries = BAND_NAMES.map((name, b) => [`snr${name}Db`, b < snr.length ? decibel(snr[b]!) : null])
  return Object.fromEntries(entries) as SnrFields
}

/** Where the energy of the transient lies, background taken away. */
function energyShares({ onset, last, background }: Segment, { bands, frames }: EventSource) {
  let low = 0
  let high = 0
  let total = 0
  for (let b = 0; b < bands.length; b++) {
    let energy = 0
    for (let f = onset; f <= last; f++) energy += energyAt(frames, bands.length, f, b) - background[b]!
    energy = Math.max(0, energy)
    total += energy
    if (bands[b]!.lowHz < 9) low += energy
    if (bands[b]!.lowHz >= 18) high += energy
  }
  return { lowShare: total > 0 ? low / total : null, highShare: total > 0 ? high / total : null }
}

/** Dominant frequency and centroid around the strongest arrival; the spectrum before the onset is taken away. */
function describeSpectrum({ samples, rateHz }: EventSource, spectrum: PowerSpectrum, onset: number, strongest: number) {
  const block = new Float64Array(spectrum.size)
  const binHz = rateHz / spectrum.size
  samples.copy(onset - spectrum.size - Math.round(0.1 * rateHz), block)
  const noise = spectrum.of(block).slice()
  // The Hann window is highest in its middle: the arrival and what follows it lie there.
  samples.copy(Math.max(onset, strongest - Math.round(0.35 * spectrum.size)), block)
  const power = spectrum.of(block)
  const from = Math.ceil(LOWEST_HZ / binHz)
  let best = from
  const clean = power.map((p, k) => Math.max(0, p - noise[k]!))
  for (let k = from; k < clean.length; k++) if (clean[k]! > clean[best]!) best = k
  let sum = 0
  let moment = 0
  for (let k = from; k < clean.length; k++) {
    if (clean[k]! < CENTROID_FLOOR * clean[best]!) continue
    sum += clean[k]!
    moment += clean[k]! * k * binHz
  }
  return {
    dominantHz: clean[best]! > 0 ? best * binHz : null,
    centroidHz: sum > 0 ? moment / sum : null,
    spectralSlopeDb: spectralSlope(clean, noise, binHz, HIGHEST_SHARE * rateHz),
  }
}

function describeBanding({ samples, rateHz }: EventSource, spectrum: PowerSpectrum, from: number, end: number) {
  const wave = new Float64Array(Math.max(0, end - from))
  samples.copy(from, wave)
  const banding = findBanding(wave, rateHz, spectrum)
  return { bandingDelayS: banding?.delayS ?? null, bandingShare: banding?.share ?? null }
}

const PHASE_BANDS = ['To9Hz', 'To18Hz', 'To30Hz'] as const
type PhaseFields = { phaseLagS: number | null } & {
  [K in `phaseRatio${(typeof PHASE_BANDS)[number]}Db`]: number | null
}

/** Lag of S behind P, and P over S in the bands in which both travel. */
function describePhases(
  { onset, last, background }: Segment,
  { bands, frames, frameRateHz }: EventSource,
  envelope: Float64Array,
  floor: number,
): PhaseFields {
  const phases = findPhases(envelope, floor, frameRateHz)
  const entries = PHASE_BANDS.map((name) => {
    const b = bands.findIndex((band) => band.name === name)
    const energy = (frame: number) => Math.max(0, energyAt(frames, bands.length, onset + frame, b) - background[b]!)
    const ratio = phases && b >= 0 ? phaseRatioDb(energy, last - onset + 1, phases.frame) : null
    return [`phaseRatio${name}Db`, ratio]
  })
  return { phaseLagS: phases?.lagS ?? null, ...Object.fromEntries(entries) } as PhaseFields
}

function describeWave(samples: Ring, first: number, end: number) {
  const from = Math.max(first, samples.end - samples.length, 0)
  const to = Math.min(end, samples.end)
  let peak = 0
  let at = from
  let second = 0
  let fourth = 0
  for (let i = from; i < to; i++) {
    const x = samples.at(i)
    if (Math.abs(x) > peak) {
      peak = Math.abs(x)
      at = i
    }
    second += x * x
    fourth += x * x * x * x
  }
  const kurtosis = second > 0 ? (fourth * (to - from)) / (second * second) : null
  return { peak, at, kurtosis }
}

/** Half a period around the largest peak, as vibration monitors give it; `null` where no crossing is found. */
function zeroCrossing(samples: Ring, at: number, rateHz: number): number | null {
  const reach = Math.round(rateHz / 2)
  const sign = Math.sign(samples.at(at))
  const first = Math.max(0, samples.end - samples.length, at - reach)
  const last = Math.min(samples.end - 1, at + reach)
  let left = at
  while (left > first && Math.sign(samples.at(left)) === sign) left--
  let right = at
  while (right < last && Math.sign(samples.at(right)) === sign) right++
  if (Math.sign(samples.at(left)) === sign || Math.sign(samples.at(right)) === sign) return null
  return rateHz / (2 * (right - crossingShare(samples, right - 1) - left - 1 + crossingShare(samples, left) + 1))
}

/** Where between a sample and its successor the wave is zero, as what is left of the interval after it. */
const crossingShare = (samples: Ring, index: number): number => {
  const a = Math.abs(samples.at(index))
  const b = Math.abs(samples.at(index + 1))
  return a + b > 0 ? b / (a + b) : 0.5
}
