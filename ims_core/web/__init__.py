"""The screens: these files and the pages are the only ones that know Streamlit."""
