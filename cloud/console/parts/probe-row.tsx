import type { ProbeDocument } from '../../http/probe-documents.ts'
import { Link } from './link.tsx'
import { ProbeActions, ProbeBadge, ProbeTold } from './probe-status.tsx'

/** One probe: where it is, how it is, since when, and by what that is known. */
export function ProbeRow(props: { readonly probe: ProbeDocument; readonly nowMs: number }) {
  const { probe, nowMs } = props
  return (
    <li data-probe={`${probe.gateway}/${probe.sensor}`} data-status={probe.status}>
      <span>
        <Link to={{ kind: 'site', id: probe.site }}>{probe.siteName}</Link>{' '}
        <small class="quiet">
          {probe.gateway} · {probe.sensor}
        </small>
      </span>
      <ProbeBadge probe={probe} />
      <ProbeTold probe={probe} nowMs={nowMs} />
      <ProbeActions probe={probe} nowMs={nowMs} />
    </li>
  )
}
