# FabNER: terms of manufacturing in abstracts of papers.

class Material(Entity):
	"""
	Description: A material that is worked or made: metal, alloy, polymer, powder, composite
	"""
	identifier = "Q214609"

class ManufacturingProcess(Entity):
	"""
	Description: A process by which things are made, or a step of one: casting, machining, printing, joining, heat treatment
	"""
	pass

class MachineEquipment(Entity):
	"""
	Description: A machine, tool, device or part of one that is used in making or measuring
	"""
	pass

class Application(Entity):
	"""
	Description: What a process, material or product is used for: a use, product or branch of industry
	"""
	pass

class Feature(Entity):
	"""
	Description: A feature of a workpiece or material: shape, surface, layer, grain, defect
	"""
	pass

class MechanicalProperty(Entity):
	"""
	Description: A property of a material, mostly a mechanical one: strength, hardness, wear, conductivity
	"""
	pass

class Characterization(Entity):
	"""
	Description: A way to examine or measure a material or process: microscopy, test, analysis
	"""
	pass

class Parameter(Entity):
	"""
	Description: A quantity that is set or measured in a process: speed, temperature, power, size
	"""
	pass

class EnablingTechnology(Entity):
	"""
	Description: A technology that helps in making, mostly a digital one: simulation, sensors, robots, learning algorithms
	"""
	pass

class ConceptPrinciple(Entity):
	"""
	Description: An idea, principle, model or law that a study rests on
	"""
	pass

class ManufacturingStandard(Entity):
	"""
	Description: A standard or specification by which things are made or files are kept
	"""
	pass

class Biomedical(Entity):
	"""
	Description: A thing or term of biology or medicine: tissue, cell, implant, surgery
	"""
	pass
