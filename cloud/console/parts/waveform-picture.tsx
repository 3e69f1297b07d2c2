import type { WaveformDocument } from '../../http/evidence-routes.ts'
import { useSpeech } from '../text/language.ts'

const HEIGHT = 64

/** A waveform as the band between the least and the greatest count of each slice of time. */
export function WaveformPicture(props: { readonly waveform: WaveformDocument }) {
  const { t, format } = useSpeech()
  const { sensor, channel, from, to, lows, highs } = props.waveform
  const most = highs.reduce<number>((peak, high, i) => Math.max(peak, Math.abs(high ?? 0), Math.abs(lows[i] ?? 0)), 1)
  const seconds = format.number((Date.parse(to) - Date.parse(from)) / 1000)
  const label = t('evidence.waveform', {
    ...{ sensor, channel, from: format.full(from), seconds, counts: format.number(most) },
  })
  const y = (count: number) => (HEIGHT / 2) * (1 - count / most)
  const bars = highs.flatMap((high, i) => {
    const low = lows[i]
    return high === null || low == null ? [] : `M${i + 0.5} ${y(high) - 0.4}V${y(low) + 0.4}`
  })
  return (
    <figure class="waveform">
      <figcaption>
        <b>
          {sensor} {channel}
        </b>
        <span class="quiet">{t('evidence.counts', { counts: format.number(most) })}</span>
      </figcaption>
      <svg viewBox={`0 0 ${highs.length} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={label}>
        <line x1="0" x2={highs.length} y1={HEIGHT / 2} y2={HEIGHT / 2} class="waveform-zero" />
        <path d={bars.join('')} class="waveform-band" />
      </svg>
      <p class="waveform-times quiet">
        <span>{format.full(from)}</span>
        <span>{format.clock(to)}</span>
      </p>
    </figure>
  )
}
