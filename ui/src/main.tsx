import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app';
import { queries } from './state/queries';
import './styles/theme.css';
import './styles/page.css';
import './styles/lists.css';
import './styles/task.css';
import './styles/schedules.css';
import './styles/deliveries.css';

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <App />
    </QueryClientProvider>
  </StrictMode>,
);
