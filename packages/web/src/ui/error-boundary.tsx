import { Component, type ErrorInfo, type ReactNode } from 'react';

/** Keeps a bug in one part of the screen from taking the rest with it. */
export class ErrorBoundary extends Component<
  { readonly children: ReactNode; readonly fallback: (retry: () => void) => ReactNode },
  { readonly error: Error | undefined }
> {
  override state: { readonly error: Error | undefined } = { error: undefined };

  static getDerivedStateFromError(error: Error): { readonly error: Error } {
    return { error };
  }

  override componentDidCatch(error: Error, info: ErrorInfo): void {
    console.error('a part of the screen failed', error, info.componentStack);
  }

  override render(): ReactNode {
    if (!this.state.error) return this.props.children;
    return this.props.fallback(() => this.setState({ error: undefined }));
  }
}
