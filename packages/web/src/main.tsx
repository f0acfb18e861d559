import { must } from '@hiscrm/shared/lib/must.ts';
import { createRoot } from 'react-dom/client';
import { App } from './screens/app.tsx';
import './ui/tokens.css';
import './ui/base.css';
import './ui/controls.css';

createRoot(must(document.getElementById('root'), 'index.html has no #root')).render(<App />);
