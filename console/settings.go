package console

var settingsRoutes = []route{
	{"GET", "settings", Admin, (*Server).settings},
}

// settings is GET /api/settings.
func (s *Server) settings(*call) (any, error) {
	out := Settings{Sections: []SettingSection{}}
	if s.opts.Settings != nil {
		out.Sections = s.opts.Settings()
	}
	return out, nil
}
