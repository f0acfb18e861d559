import { must } from '@hiscrm/shared/lib/must.ts';
import { createRoot } from 'react-dom/client';
import { App } from './screens/app.tsx';
import { useSession } from './store/session.ts';
import './ui/tokens.css';
import './ui/base.css';
import './ui/controls.css';

// Who is there is asked before anything is drawn: the answer comes while the page draws.
void useSession.getState().check();

createRoot(must(document.getElementById('root'), 'index.html has no #root')).render(<App />);
