/**
 * Where between the bins a line lies: the vertex of a parabola through the logarithms of three bins, which is exact to
 * some thousandths of a bin for a line under a Gaussian, and to a fiftieth under a Hann window.
 * @see Gasior and Gonzalez, "Improving FFT frequency measurement resolution by parabolic and Gaussian spectrum
 * interpolation", AIP Conf. Proc. 732 (2004)
 *
 * @param power |X|² by bin; `hz` the frequency of a bin that is higher than its neighbours, else it is returned as it is
 */
export function refinedHz(power: Float64Array, hz: number, binHz: number): number {
  const k = Math.round(hz / binHz)
  const [below, at, above] = [power[k - 1], power[k], power[k + 1]]
  if (!below || !at || !above || below > at || above > at) return hz
  const a = Math.log(below)
  const c = Math.log(above)
  const curve = a - 2 * Math.log(at) + c
  return curve < 0 ? (k + (0.5 * (a - c)) / curve) * binHz : hz
}
