package items

func (s *Source) openParquet(place) (records, error) {
	return nil, fail("The InputType PARQUET is not supported yet.")
}
