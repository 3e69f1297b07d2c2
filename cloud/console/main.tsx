import './style/tokens.css'
import './style/base.css'
import './style/shell.css'
import './style/parts.css'
import './style/card.css'
import './style/steps.css'
import './style/dialog.css'
import './style/trace.css'
import './style/timeline.css'
import './style/sites-page.css'
import './style/site-page.css'
import './style/orders-page.css'
import './style/order-page.css'
import './style/people.css'
import './style/probes-page.css'
import './style/power.css'
import './style/feedback.css'
import './style/evidence.css'
import './style/legal.css'
import './style/tuning.css'
import { App } from './app.tsx'
import { followAddressBar } from './router.ts'
import { learnWho } from './session.ts'
import { followTheme } from './theme.ts'
import { render } from './view.ts'

const RETRY_MS = 3000

/** Asks the server who we are, until it answers. */
function introduce(): void {
  learnWho().catch(() => setTimeout(introduce, RETRY_MS))
}

const root = document.getElementById('app')
if (root) {
  followAddressBar()
  followTheme()
  render(<App />, root)
  introduce()
}
