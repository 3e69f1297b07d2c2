/** STA/LTA as two well-known programs come configured, sample by sample. */
import { createBandPass } from './butterworth.ts'

/** Takes one sample of the vertical channel; the time in seconds of a pick, or `null`. */
export type PlainTrigger = (sample: number, atS: number) => number | null

interface Chain {
  readonly lowHz: number
  readonly highHz: number
  readonly staS: number
  readonly ltaS: number
}
const TELESEISMIC: Chain = { lowHz: 0.7, highHz: 2, staS: 2, ltaS: 80 }
/** What somebody who knows that blasts are near would set instead. */
export const NEAR: Chain = { lowHz: 4, highHz: 40, staS: 0.5, ltaS: 20 }

/**
 * scautopick: `RMHP(10)>>ITAPER(30)>>BW(4,0.7,2)>>STALTA(2,80)`, on at 3, off at 1.5, no picks for the first 60 s; a
 * pick needs an amplitude (largest ratio within 10 s) of 3 plus what is left of the last pick's after `exp(-(t/30 s)^2)`.
 * The pick stands where the threshold was passed, less 0.8 s.
 * @see https://www.seiscomp.de/doc/apps/scautopick.html and SeisComP/common, libs/seiscomp/math/filter/stalta.cpp
 */
export function createScautopick(rateHz: number, chain: Chain = TELESEISMIC): PlainTrigger {
  const filter = createBandPass(chain.lowHz, chain.highHz, rateHz)
  const [short, long] = [Math.round(chain.staS * rateHz), Math.round(chain.ltaS * rateHz)]
  const mean = createRunningMean(Math.round(10 * rateHz))
  let [sta, lta, count] = [0, 0, 0]
  let beganS = Number.NaN
  let onS = Number.NaN
  let [amplitude, lastAmplitude, lastS] = [0, 0, Number.NEGATIVE_INFINITY]
  let armed = true
  return (sample, atS) => {
    if (count === 0) beganS = atS
    const taper = Math.min(1, count / (30 * rateHz))
    const x = Math.abs(filter((sample - mean(sample)) * 0.5 * (1 - Math.cos(Math.PI * taper))))
    sta += (x - sta) / Math.min(++count, short)
    lta += ((count <= long ? x : sta) - lta) / Math.min(count, long)
    if (atS - beganS < 60) return null
    const ratio = sta / lta
    if (!armed && ratio < 1.5) armed = true
    if (Number.isNaN(onS)) {
      if (!armed || ratio < 3) return null
      onS = atS
      amplitude = ratio
      armed = false
      return null
    }
    amplitude = Math.max(amplitude, ratio)
    if (ratio >= 1.5 && atS - onS < 10) return null
    const pickS = onS - 0.8
    onS = Number.NaN
    if (amplitude < 3 + lastAmplitude * Math.exp(-(((pickS - lastS) / 30) ** 2))) return null
    lastS = pickS
    lastAmplitude = amplitude
    return pickS
  }
}

/**
 * rsudp: recursive STA/LTA of the squares, 6 s over 30 s, on at 3.95, off at 0.9, band 0.8 to 9 Hz (ObsPy's four corners).
 * It computes over the newest 30 s again and again; here the averages run on, which does it no harm.
 * @see raspishake/rsudp, rsudp/helpers.py `default_settings` and rsudp/c_alert.py
 */
export function createRsudp(rateHz: number): PlainTrigger {
  const filter = createBandPass(0.8, 9, rateHz)
  const [short, long] = [Math.round(6 * rateHz), Math.round(30 * rateHz)]
  let [sta, lta, count] = [0, 0, 0]
  let on = false
  return (sample, atS) => {
    const x = filter(sample) ** 2
    sta += (x - sta) / short
    lta += (x - lta) / long
    if (++count < long) return null
    const ratio = sta / lta
    if (on) {
      if (ratio < 0.9) on = false
      return null
    }
    if (ratio <= 3.95) return null
    on = true
    return atS
  }
}

function createRunningMean(length: number): (x: number) => number {
  const ring = new Float64Array(length)
  let [sum, count] = [0, 0]
  return (x) => {
    const at = count++ % length
    sum += x - ring[at]!
    ring[at] = x
    return sum / Math.min(count, length)
  }
}
