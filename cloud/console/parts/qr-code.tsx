import { encode } from 'uqr'
import { useMemo } from '../view.ts'

/** A QR code as one path of squares: drawn by the page itself, fetched from nowhere. */
export function QrCode(props: { readonly text: string; readonly label: string }) {
  const { data, size } = useMemo(() => encode(props.text, { ecc: 'M', border: 2 }), [props.text])
  const squares = data.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : []))).join('')
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={props.label} shapeRendering="crispEdges">
      <rect width={size} height={size} fill="#fff" />
      <path d={squares} fill="#000" />
    </svg>
  )
}
