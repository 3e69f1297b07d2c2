/** Bands of a third of an octave from here on: below, the noise of the sea and of the wind is never quite taken away. */
const FROM_HZ = 2
const STEP = 2 ** (1 / 3)
/** A band counts if it stands so much above the noise before the onset. */
const OVER_NOISE = 2
const FEWEST_BANDS = 5

/**
 * How the power falls with frequency: least squares through the levels of third-octave bands.
 * Distance and a soft ground take the high frequencies first, so a shot near by falls less than an event far away.
 *
 * @param clean |X|² of the transient, the noise taken away, by bin
 * @param noise |X|² of as long a stretch before it
 * @returns dB an octave; `null` where fewer than five bands carry the transient
 * @see Allmann, Shearer & Hauksson, Spectral discrimination between quarry blasts and earthquakes in Southern
 *   California (BSSA 98, 2008)
 */
export function spectralSlope(clean: Float64Array, noise: Float64Array, binHz: number, toHz: number): number | null {
  const octaves: number[] = []
  const levels: number[] = []
  for (let lowHz = FROM_HZ; lowHz * STEP <= toHz; lowHz *= STEP) {
    const from = Math.ceil(lowHz / binHz)
    const to = Math.ceil((lowHz * STEP) / binHz)
    let sum = 0
    let background = 0
    for (let k = from; k < to; k++) {
      sum += clean[k]!
      background += noise[k]!
    }
    if (to === from || sum <= OVER_NOISE * background) continue
    octaves.push(Math.log2(lowHz))
    levels.push(10 * Math.log10(sum / (to - from)))
  }
  return octaves.length < FEWEST_BANDS ? null : slopeOf(octaves, levels)
}

/** Of the line of least squares. */
function slopeOf(x: readonly number[], y: readonly number[]): number {
  const meanX = x.reduce((sum, v) => sum + v, 0) / x.length
  const meanY = y.reduce((sum, v) => sum + v, 0) / y.length
  let product = 0
  let square = 0
  x.forEach((v, i) => {
    product += (v - meanX) * (y[i]! - meanY)
    square += (v - meanX) ** 2
  })
  return product / square
}
