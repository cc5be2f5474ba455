# GENIA as nested entities, its classes merged into five.

class Protein(Entity):
	"""
	Description: A protein, or a family, complex, stretch or part of proteins, by its name
	"""
	identifier = "Q8054"

class DNA(Entity):
	"""
	Description: A gene, promoter, site, plasmid or other DNA or stretch of it
	"""
	identifier = "Q7430"

class RNA(Entity):
	"""
	Description: An RNA, mostly a messenger RNA, or a group or stretch of RNAs
	"""
	pass

class CellType(Entity):
	"""
	Description: Cells as found in or taken from a body, by their type
	"""
	pass

class CellLine(Entity):
	"""
	Description: Cells kept or grown in culture: lines, clones, transfectants
	"""
	identifier = "Q21014462"
