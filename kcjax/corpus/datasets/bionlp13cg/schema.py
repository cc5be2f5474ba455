# BioNLP 2013 cancer genetics: what happens to molecules, cells and bodies in cancer.

class Organism(Entity):
	"""
	Description: A whole living being or a group of them: species, strain, virus, also patients and people as such
	"""
	identifier = "Q7239"

class OrganismSubdivision(AnatomicalEntity):
	"""
	Description: A region of the body such as a limb, the head or the trunk, made of organs of several kinds
	"""
	pass

class AnatomicalSystem(AnatomicalEntity):
	"""
	Description: Organs and tissues that do one job together across the body
	"""
	pass

class Organ(AnatomicalEntity):
	"""
	Description: A body part with a shape and task of its own, made of several tissues
	"""
	identifier = "Q712378"

class MultiTissueStructure(AnatomicalEntity):
	"""
	Description: A part of an organ or body made of two or more tissues, such as a vessel or gland, but no whole organ
	"""
	pass

class Tissue(AnatomicalEntity):
	"""
	Description: Cells of like kind that together form a layer or mass, with what lies between them
	"""
	identifier = "Q40397"

class DevelopingAnatomicalStructure(AnatomicalEntity):
	"""
	Description: A structure of the embryo or fetus that later turns into another one
	"""
	pass

class Cell(AnatomicalEntity):
	"""
	Description: A cell, cell type or cell line, healthy or of a tumour
	"""
	identifier = "Q7868"

class CellularComponent(AnatomicalEntity):
	"""
	Description: A part of a cell larger than a molecule, or the material that cells lie in
	"""
	pass

class OrganismSubstance(AnatomicalEntity):
	"""
	Description: A fluid or material that a body makes or sheds, such as blood or urine, and samples of it
	"""
	pass

class ImmaterialAnatomicalEntity(AnatomicalEntity):
	"""
	Description: A space, surface or line of the body that has no matter of its own
	"""
	pass

class PathologicalFormation(AnatomicalEntity):
	"""
	Description: A lesion, wound, ulcer or other sick part of a body that is no cancer
	"""
	pass

class Cancer(PathologicalFormation):
	"""
	Description: A malignant growth, tumour or cancer type, as a mass in the body or as the disease
	"""
	identifier = "Q12078"

class SimpleChemical(Entity):
	"""
	Description: A drug, compound, ion or other molecule that is not made from a gene and is no amino acid
	"""
	pass

class AminoAcid(Entity):
	"""
	Description: A single amino acid, or the residue at one place in a protein
	"""
	identifier = "Q8066"

class GeneOrGeneProduct(Entity):
	"""
	Description: A gene, RNA or protein called by name, also families, complexes and isoforms of them
	"""
	pass

class ProteinDomainOrRegion(Entity):
	"""
	Description: A stretch, domain, motif or binding site of a protein
	"""
	pass

class DNADomainOrRegion(Entity):
	"""
	Description: A stretch of DNA within or beside a gene: promoter, exon, binding site
	"""
	pass

class Development(Event):
	"""
	Description: A body part, tissue, cell or tumour comes to be or takes shape
	"""
	def __init__(
		self,
		trigger: str,
		theme: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.theme = theme

class BloodVesselDevelopment(Development):
	"""
	Description: New blood vessels form or grow; the word for the process is enough, without the vessel being named
	"""
	def __init__(
		self,
		trigger: str,
		theme: List[Entity],
		at_location: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.theme = theme
		self.at_location = at_location

class Growth(Event):
	"""
	Description: An organism, body part or tumour gets bigger
	"""
	def __init__(
		self,
		trigger: str,
		theme: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.theme = theme

class Death(Event):
	"""
	Description: A living being, body part or tumour dies; for cells dying by a cell death process see CellDeath
	"""
	def __init__(
		self,
		trigger: str,
		theme: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.theme = theme

class CellDeath(Death):
	"""
	Description: Cells die off in a regulated or unregulated way, such as apoptosis or necrosis
	"""
	def __init__(
		self,
		trigger: str,
		theme: List[Cell],
	):
		super().__init__(trigger = trigger)
		self.theme = theme

class Breakdown(Event):
	"""
	Description: A cell, tissue or structure is dissolved, torn down or falls apart
	"""
	def __init__(
		self,
		trigger: str,
		theme: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.theme = theme

class CellProliferation(Event):
	"""
	Description: Cells multiply so that there are more of them
	"""
	def __init__(
		self,
		trigger: str,
		theme: List[Cell],
	):
		super().__init__(trigger = trigger)
		self.theme = theme

class CellDivision(Event):
	"""
	Description: One cell splits into two
	"""
	identifier = "Q188909"
	def __init__(
		self,
		trigger: str,
		theme: List[Cell],
	):
		super().__init__(trigger = trigger)
		self.theme = theme

class CellDifferentiation(Event):
	"""
	Description: A cell becomes a more specialised kind of cell
	"""
	def __init__(
		self,
		trigger: str,
		theme: List[Cell],
		at_location: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.theme = theme
		self.at_location = at_location

class Remodeling(Event):
	"""
	Description: A tissue or cell structure is rebuilt without coming to be or going
	"""
	def __init__(
		self,
		trigger: str,
		theme: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.theme = theme

class Reproduction(Event):
	"""
	Description: An organism has offspring
	"""
	def __init__(
		self,
		trigger: str,
		theme: List[Organism],
	):
		super().__init__(trigger = trigger)
		self.theme = theme

class Mutation(Event):
	"""
	Description: A gene or protein is changed in its sequence, or such a change is there
	"""
	identifier = "Q42918"
	def __init__(
		self,
		trigger: str,
		theme: List[Entity],
		site: List[ProteinDomainOrRegion | DNADomainOrRegion | AminoAcid],
		at_location: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.theme = theme
		self.site = site
		self.at_location = at_location

class Carcinogenesis(Event):
	"""
	Description: Cancer arises, or a body part becomes cancerous
	"""
	identifier = "Q1637543"
	def __init__(
		self,
		trigger: str,
		theme: List[Entity],
		at_location: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.theme = theme
		self.at_location = at_location

class CellTransformation(Event):
	"""
	Description: A normal cell turns into one that behaves like a cancer cell
	"""
	def __init__(
		self,
		trigger: str,
		theme: List[Cell],
		at_location: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.theme = theme
		self.at_location = at_location

class Metastasis(Event):
	"""
	Description: A cancer spreads from where it arose to other places of the body, or invades them
	"""
	def __init__(
		self,
		trigger: str,
		theme: List[Entity],
		to_location: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.theme = theme
		self.to_location = to_location

class Infection(Event):
	"""
	Description: A virus, bacterium or other organism enters and lives in a host, a cell or a tissue
	"""
	def __init__(
		self,
		trigger: str,
		theme: List[Entity],
		participant: List[Organism],
	):
		super().__init__(trigger = trigger)
		self.theme = theme
		self.participant = participant

class Metabolism(Event):
	"""
	Description: A substance is turned over in a body, without saying whether built up or broken down
	"""
	identifier = "Q1057"
	def __init__(
		self,
		trigger: str,
		theme: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.theme = theme

class Synthesis(Metabolism):
	"""
	Description: A body or cell builds a small molecule or structure; proteins made from genes are GeneExpression
	"""
	def __init__(
		self,
		trigger: str,
		theme: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.theme = theme

class Catabolism(Metabolism):
	"""
	Description: A molecule is broken down in a body or cell
	"""
	def __init__(
		self,
		trigger: str,
		theme: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.theme = theme

class AminoAcidCatabolism(Catabolism):
	"""
	Description: Amino acids are broken down
	"""
	def __init__(
		self,
		trigger: str,
	):
		super().__init__(trigger = trigger)

class Glycolysis(Metabolism):
	"""
	Description: Glucose is broken down for energy
	"""
	def __init__(
		self,
		trigger: str,
	):
		super().__init__(trigger = trigger)

class GeneExpression(Event):
	"""
	Description: A gene's product is made or present, by whatever step, also when only a level is told
	"""
	identifier = "Q26972"
	def __init__(
		self,
		trigger: str,
		theme: List[GeneOrGeneProduct],
	):
		super().__init__(trigger = trigger)
		self.theme = theme

class Transcription(GeneExpression):
	"""
	Description: RNA is made from a gene, or its messenger RNA is present
	"""
	def __init__(
		self,
		trigger: str,
		theme: List[GeneOrGeneProduct],
	):
		super().__init__(trigger = trigger)
		self.theme = theme

class Translation(GeneExpression):
	"""
	Description: A protein is made from RNA
	"""
	def __init__(
		self,
		trigger: str,
		theme: List[GeneOrGeneProduct],
	):
		super().__init__(trigger = trigger)
		self.theme = theme

class ProteinProcessing(Event):
	"""
	Description: A protein is cut or otherwise brought into its working form
	"""
	def __init__(
		self,
		trigger: str,
		theme: List[GeneOrGeneProduct],
	):
		super().__init__(trigger = trigger)
		self.theme = theme

class Phosphorylation(Event):
	"""
	Description: A phosphate group is put on a molecule
	"""
	def __init__(
		self,
		trigger: str,
		theme: List[Entity],
		site: List[ProteinDomainOrRegion | DNADomainOrRegion | AminoAcid],
	):
		super().__init__(trigger = trigger)
		self.theme = theme
		self.site = site

class Dephosphorylation(Event):
	"""
	Description: A phosphate group is taken off a molecule
	"""
	def __init__(
		self,
		trigger: str,
		theme: List[Entity],
		site: List[ProteinDomainOrRegion | DNADomainOrRegion | AminoAcid],
	):
		super().__init__(trigger = trigger)
		self.theme = theme
		self.site = site

class Acetylation(Event):
	"""
	Description: An acetyl group is put on a molecule
	"""
	identifier = "Q796604"
	def __init__(
		self,
		trigger: str,
		theme: List[Entity],
		site: List[ProteinDomainOrRegion | DNADomainOrRegion | AminoAcid],
	):
		super().__init__(trigger = trigger)
		self.theme = theme
		self.site = site

class Ubiquitination(Event):
	"""
	Description: Ubiquitin is put on a protein
	"""
	def __init__(
		self,
		trigger: str,
		theme: List[GeneOrGeneProduct],
	):
		super().__init__(trigger = trigger)
		self.theme = theme

class Glycosylation(Event):
	"""
	Description: A sugar is put on a protein
	"""
	def __init__(
		self,
		trigger: str,
		theme: List[GeneOrGeneProduct],
	):
		super().__init__(trigger = trigger)
		self.theme = theme

class DNAMethylation(Event):
	"""
	Description: Methyl groups are put on DNA, or DNA is found to carry them
	"""
	def __init__(
		self,
		trigger: str,
		theme: List[Entity],
		site: List[ProteinDomainOrRegion | DNADomainOrRegion | AminoAcid],
	):
		super().__init__(trigger = trigger)
		self.theme = theme
		self.site = site

class DNADemethylation(Event):
	"""
	Description: Methyl groups are taken off DNA
	"""
	def __init__(
		self,
		trigger: str,
		theme: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.theme = theme

class Pathway(Event):
	"""
	Description: A chain of reactions or signals that is called by name or by the molecules taking part
	"""
	def __init__(
		self,
		trigger: str,
		theme: List[Entity],
		participant: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.theme = theme
		self.participant = participant

class Binding(Event):
	"""
	Description: Molecules, cells or structures attach to one another or come together
	"""
	def __init__(
		self,
		trigger: str,
		theme: List[Entity],
		site: List[ProteinDomainOrRegion | DNADomainOrRegion | AminoAcid],
	):
		super().__init__(trigger = trigger)
		self.theme = theme
		self.site = site

class Dissociation(Event):
	"""
	Description: Things that were bound come apart
	"""
	def __init__(
		self,
		trigger: str,
		theme: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.theme = theme

class Localization(Event):
	"""
	Description: Something is found at, moves to, or is let out of a place in a body or cell
	"""
	def __init__(
		self,
		trigger: str,
		theme: List[Entity],
		at_location: List[Entity],
		from_location: List[Entity],
		to_location: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.theme = theme
		self.at_location = at_location
		self.from_location = from_location
		self.to_location = to_location

class Regulation(Event):
	"""
	Description: Something has an effect on a thing or process, without saying in which direction
	"""
	def __init__(
		self,
		trigger: str,
		theme: List[Entity],
		cause: List[Entity],
		site: List[ProteinDomainOrRegion | DNADomainOrRegion | AminoAcid],
		cause_site: List[ProteinDomainOrRegion | DNADomainOrRegion | AminoAcid],
	):
		super().__init__(trigger = trigger)
		self.theme = theme
		self.cause = cause
		self.site = site
		self.cause_site = cause_site

class PositiveRegulation(Regulation):
	"""
	Description: Something starts, causes, raises or keeps up a thing or process
	"""
	def __init__(
		self,
		trigger: str,
		theme: List[Entity],
		cause: List[Entity],
		site: List[ProteinDomainOrRegion | DNADomainOrRegion | AminoAcid],
		cause_site: List[ProteinDomainOrRegion | DNADomainOrRegion | AminoAcid],
	):
		super().__init__(trigger = trigger)
		self.theme = theme
		self.cause = cause
		self.site = site
		self.cause_site = cause_site

class NegativeRegulation(Regulation):
	"""
	Description: Something stops, lowers, blocks or undoes a thing or process
	"""
	def __init__(
		self,
		trigger: str,
		theme: List[Entity],
		cause: List[Entity],
		site: List[ProteinDomainOrRegion | DNADomainOrRegion | AminoAcid],
		cause_site: List[ProteinDomainOrRegion | DNADomainOrRegion | AminoAcid],
	):
		super().__init__(trigger = trigger)
		self.theme = theme
		self.cause = cause
		self.site = site
		self.cause_site = cause_site

class PlannedProcess(Event):
	"""
	Description: Something that people do on purpose: treatment, surgery, experiment, giving a drug
	"""
	def __init__(
		self,
		trigger: str,
		theme: List[Entity],
		instrument: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.theme = theme
		self.instrument = instrument
