import { AXES } from '@minewarden/protocol/blast-peaks.ts'
import type { EventDocument } from '../../http/documents.ts'
import { useSpeech } from '../text/language.ts'

const DASH = '–'

/** A blast's peaks as GB 6722 asks for them: each axis with its frequency and its share of the limit. */
export function BlastPeaks(props: { readonly event: EventDocument }) {
  const { t, format } = useSpeech()
  const { peaks, blast } = props.event
  if (!peaks || blast?.share == null || blast.verdict === null) return null

  const quantity = (value: number | null, uncertainty: number | null): string =>
    value === null ? DASH : format.measured(value, uncertainty)
  const row = (name: string, mmPerS: number | null, rest: { hz: number | null; share: number | null }) => (
    <tr key={name}>
      <th scope="row">{name}</th>
      <td>{quantity(mmPerS, peaks.uncertainty)}</td>
      <td>{quantity(mmPerS === null ? null : mmPerS / 10, null)}</td>
      <td>{quantity(rest.hz, null)}</td>
      <td>{rest.share === null ? DASH : format.share(rest.share)}</td>
    </tr>
  )
  return (
    <details class="blast-peaks">
      <summary>
        {t('peaks.summary')} · {format.share(blast.share)} · {t(`peaks.${blast.verdict}`)}
      </summary>
      <table class="number">
        <thead>
          <tr>
            {[t('peaks.axis'), 'mm/s', 'cm/s', 'Hz', t('peaks.share')].map((head) => (
              <th scope="col" key={head}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {AXES.map((axis) =>
            row(t(`peaks.${axis}`), peaks[`${axis}MmPerS`], {
              hz: peaks[`${axis}Hz`],
              share: blast.axes[axis]?.share ?? null,
            }),
          )}
          {row(t('peaks.vector'), peaks.vectorMmPerS, { hz: null, share: null })}
        </tbody>
      </table>
      {peaks.airPa !== null && (
        <p>
          {t('peaks.air', {
            pa: quantity(peaks.airPa, peaks.airUncertainty),
            db: quantity(peaks.airDbL, null),
          })}
          {blast.air && t('peaks.airShare', { share: format.share(blast.air.share) })}
        </p>
      )}
      <p class="quiet">{t('peaks.against', { limits: blast.limits, object: t(`object.${blast.object}`) })}</p>
      <p class="quiet">{t('peaks.note')}</p>
    </details>
  )
}
