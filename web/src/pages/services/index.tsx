import Header from '@cloudscape-design/components/header';

export default function Page() {
  return <Header variant="h1">This page is not built yet: services</Header>;
}
