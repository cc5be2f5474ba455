# GENIA terms and events: reactions and regulations in human blood cells.

class ProteinMolecule(Protein):
	"""
	Description: One certain protein, called by name
	"""
	pass

class ProteinFamilyOrGroup(Protein):
	"""
	Description: A family or other group of proteins named as such
	"""
	pass

class ProteinComplex(Protein):
	"""
	Description: Several proteins bound together that go under one name
	"""
	pass

class ProteinDomainOrRegion(Protein):
	"""
	Description: A stretch or domain of a protein
	"""
	pass

class ProteinSubstructure(Protein):
	"""
	Description: A shape or motif within a protein, such as a finger, loop or helix
	"""
	pass

class DNAMolecule(DNA):
	"""
	Description: One certain DNA molecule: plasmid, chromosome, clone
	"""
	pass

class DNAFamilyOrGroup(DNA):
	"""
	Description: A family or other group of genes or DNA molecules
	"""
	pass

class DNADomainOrRegion(DNA):
	"""
	Description: A gene, promoter, enhancer, site or other stretch of DNA
	"""
	pass

class DNASubstructure(DNA):
	"""
	Description: A shape or structure within DNA, such as a loop or repeat
	"""
	pass

class RNAMolecule(RNA):
	"""
	Description: One certain RNA, mostly a messenger RNA
	"""
	pass

class RNAFamilyOrGroup(RNA):
	"""
	Description: A family or other group of RNAs
	"""
	pass

class RNADomainOrRegion(RNA):
	"""
	Description: A stretch of an RNA
	"""
	pass

class RNASubstructure(RNA):
	"""
	Description: A shape or structure within an RNA
	"""
	pass

class Polynucleotide(NucleicAcid):
	"""
	Description: A chain of nucleotides that is no gene or natural DNA or RNA by name, mostly a made oligonucleotide
	"""
	identifier = "Q80756"

class Nucleotide(NucleicAcid):
	"""
	Description: A single nucleotide, nucleoside or base
	"""
	identifier = "Q28745"

class Peptide(AminoAcid):
	"""
	Description: A short chain of amino acids, natural or made
	"""
	pass

class AminoAcidMonomer(AminoAcid):
	"""
	Description: A single amino acid, or the residue at one place in a protein
	"""
	pass

class Lipid(OrganicCompound):
	"""
	Description: A fat, fatty acid, steroid or other lipid, also molecules with a lipid part
	"""
	identifier = "Q11367"

class Carbohydrate(OrganicCompound):
	"""
	Description: A sugar or a chain of sugars
	"""
	pass

class OtherOrganicCompound(OrganicCompound):
	"""
	Description: An organic compound that is none of nucleic acid, amino acid, protein, lipid or carbohydrate, mostly a drug or inhibitor
	"""
	pass

class InorganicCompound(Compound):
	"""
	Description: A compound that is not organic
	"""
	identifier = "Q190065"

class Element(Substance):
	"""
	Description: A chemical element, atom or ion
	"""
	pass

class NaturalMulticellularOrganism(Organism):
	"""
	Description: A many-celled organism as found in nature: species, people, patients, healthy donors
	"""
	pass

class GeneticallyModifiedMulticellularOrganism(Organism):
	"""
	Description: A many-celled organism whose genes were changed, such as a transgenic mouse
	"""
	pass

class UnicellularOrganism(Organism):
	"""
	Description: A one-celled organism: bacterium, yeast, parasite
	"""
	pass

class Virus(Organism):
	"""
	Description: A virus, by its name or kind
	"""
	identifier = "Q808"

class BodyRegion(Entity):
	"""
	Description: An organ, organ system or other part of a body
	"""
	pass

class NaturalTissue(Tissue):
	"""
	Description: A tissue as found in a body
	"""
	pass

class CulturedTissue(Tissue):
	"""
	Description: A tissue kept or grown outside the body
	"""
	pass

class NaturalCell(Cell):
	"""
	Description: Cells as found in or taken from a body, by their type
	"""
	pass

class CulturedCell(Cell):
	"""
	Description: Cells kept or grown in culture: cell lines, clones, transfectants
	"""
	pass

class CellComponent(Entity):
	"""
	Description: A part of a cell larger than a molecule: nucleus, membrane, extract of such
	"""
	pass

class OtherTerm(Entity):
	"""
	Description: A technical term that fits none of the other classes, mostly of a process or disease
	"""
	pass

class BiologicalProcess(Event):
	"""
	Description: Something that happens in living things and fits none of the narrower classes
	"""
	identifier = "Q2996394"
	def __init__(
		self,
		trigger: str,
		theme: List[Entity],
		cause: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.theme = theme
		self.cause = cause

class CellularProcess(BiologicalProcess):
	"""
	Description: A process at the level of cells that fits none of the narrower classes
	"""
	def __init__(
		self,
		trigger: str,
		theme: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.theme = theme

class CellAdhesion(CellularProcess):
	"""
	Description: A cell sticks to another cell or to a surface
	"""
	def __init__(
		self,
		trigger: str,
		theme: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.theme = theme

class CellCommunication(CellularProcess):
	"""
	Description: A signal is passed within or between cells
	"""
	def __init__(
		self,
		trigger: str,
		theme: List[Entity],
		cause: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.theme = theme
		self.cause = cause

class CellDifferentiation(CellularProcess):
	"""
	Description: A cell matures or becomes a more specialised kind of cell
	"""
	def __init__(
		self,
		trigger: str,
		theme: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.theme = theme

class CellRecognition(CellularProcess):
	"""
	Description: A cell tells another cell or molecule apart by its features
	"""
	def __init__(
		self,
		trigger: str,
		theme: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.theme = theme

class CellularPhysiologicalProcess(CellularProcess):
	"""
	Description: What cells do or undergo: growing, dividing, dying, moving
	"""
	def __init__(
		self,
		trigger: str,
		theme: List[Entity],
		cause: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.theme = theme
		self.cause = cause

class PhysiologicalProcess(BiologicalProcess):
	"""
	Description: A living thing works or responds, as when cells are activated or stimulated
	"""
	def __init__(
		self,
		trigger: str,
		theme: List[Entity],
		cause: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.theme = theme
		self.cause = cause

class Localization(Event):
	"""
	Description: Something moves to, is let out of, or is kept at a place in or outside the cell
	"""
	def __init__(
		self,
		trigger: str,
		theme: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.theme = theme

class Binding(Event):
	"""
	Description: Molecules attach to one another or form a complex
	"""
	def __init__(
		self,
		trigger: str,
		theme: List[Entity],
		cause: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.theme = theme
		self.cause = cause

class Metabolism(PhysiologicalProcess):
	"""
	Description: A substance is made, turned over or broken down, and it is none of DNA, RNA and protein
	"""
	identifier = "Q1057"
	def __init__(
		self,
		trigger: str,
		theme: List[Entity],
		cause: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.theme = theme
		self.cause = cause

class DNAMetabolism(Metabolism):
	"""
	Description: DNA is changed or acted upon in a way that fits none of the narrower classes
	"""
	def __init__(
		self,
		trigger: str,
		theme: List[Entity],
		cause: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.theme = theme
		self.cause = cause

class DNARecombination(DNAMetabolism):
	"""
	Description: DNA is rearranged, joined or exchanged
	"""
	identifier = "Q211675"
	def __init__(
		self,
		trigger: str,
		theme: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.theme = theme

class DNAModification(DNAMetabolism):
	"""
	Description: DNA is changed chemically without its sequence being changed
	"""
	def __init__(
		self,
		trigger: str,
		theme: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.theme = theme

class RNAMetabolism(Metabolism):
	"""
	Description: RNA is processed, spliced, kept stable or broken down
	"""
	def __init__(
		self,
		trigger: str,
		theme: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.theme = theme

class GeneExpression(Event):
	"""
	Description: A gene's product is made or present, without saying by which step
	"""
	identifier = "Q26972"
	def __init__(
		self,
		trigger: str,
		theme: List[Entity],
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
		theme: List[Entity],
		cause: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.theme = theme
		self.cause = cause

class Translation(GeneExpression):
	"""
	Description: A protein is made from RNA
	"""
	def __init__(
		self,
		trigger: str,
		theme: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.theme = theme

class ProteinMetabolism(Metabolism):
	"""
	Description: A protein is acted upon in a way that fits none of the narrower classes
	"""
	def __init__(
		self,
		trigger: str,
		theme: List[Entity],
		cause: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.theme = theme
		self.cause = cause

class ProteinCatabolism(ProteinMetabolism):
	"""
	Description: A protein is broken down, or is kept from it
	"""
	def __init__(
		self,
		trigger: str,
		theme: List[Entity],
		cause: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.theme = theme
		self.cause = cause

class ProteinProcessing(ProteinMetabolism):
	"""
	Description: A protein is cut or folded into its working form
	"""
	def __init__(
		self,
		trigger: str,
		theme: List[Entity],
		cause: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.theme = theme
		self.cause = cause

class ProteinModification(ProteinMetabolism):
	"""
	Description: A protein is changed chemically in a way that fits none of the narrower classes
	"""
	def __init__(
		self,
		trigger: str,
		theme: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.theme = theme

class ProteinAminoAcidPhosphorylation(ProteinModification):
	"""
	Description: A phosphate group is put on a protein
	"""
	def __init__(
		self,
		trigger: str,
		theme: List[Entity],
		cause: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.theme = theme
		self.cause = cause

class ProteinAminoAcidDephosphorylation(ProteinModification):
	"""
	Description: A phosphate group is taken off a protein
	"""
	def __init__(
		self,
		trigger: str,
		theme: List[Entity],
		cause: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.theme = theme
		self.cause = cause

class ProteinAminoAcidAcetylation(ProteinModification):
	"""
	Description: An acetyl group is put on a protein
	"""
	def __init__(
		self,
		trigger: str,
		theme: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.theme = theme

class ProteinAminoAcidDeacetylation(ProteinModification):
	"""
	Description: An acetyl group is taken off a protein
	"""
	def __init__(
		self,
		trigger: str,
		theme: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.theme = theme

class ProteinUbiquitination(ProteinModification):
	"""
	Description: Ubiquitin is put on a protein
	"""
	def __init__(
		self,
		trigger: str,
		theme: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.theme = theme

class MolecularFunction(Event):
	"""
	Description: A molecule shows a function of its own that no other class names
	"""
	def __init__(
		self,
		trigger: str,
		cause: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.cause = cause

class ViralLifeCycle(BiologicalProcess):
	"""
	Description: A virus replicates, rests or is made in its host
	"""
	def __init__(
		self,
		trigger: str,
		theme: List[Entity],
		cause: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.theme = theme
		self.cause = cause

class InitiationOfViralInfection(ViralLifeCycle):
	"""
	Description: A virus enters a cell or host, or has entered it
	"""
	def __init__(
		self,
		trigger: str,
		theme: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.theme = theme

class Mutagenesis(Event):
	"""
	Description: A gene or protein is changed in its sequence, mostly on purpose
	"""
	def __init__(
		self,
		trigger: str,
		theme: List[Entity],
		cause: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.theme = theme
		self.cause = cause

class Regulation(Event):
	"""
	Description: Something has an effect on a thing or process, without saying in which direction
	"""
	def __init__(
		self,
		trigger: str,
		theme: List[Entity],
		cause: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.theme = theme
		self.cause = cause

class PositiveRegulation(Regulation):
	"""
	Description: Something starts, causes or raises a thing or process
	"""
	def __init__(
		self,
		trigger: str,
		theme: List[Entity],
		cause: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.theme = theme
		self.cause = cause

class NegativeRegulation(Regulation):
	"""
	Description: Something stops, lowers or blocks a thing or process
	"""
	def __init__(
		self,
		trigger: str,
		theme: List[Entity],
		cause: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.theme = theme
		self.cause = cause

class Correlation(Event):
	"""
	Description: Things are said to go together or to have to do with one another, without one being the cause
	"""
	def __init__(
		self,
		trigger: str,
		theme: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.theme = theme

class ArtificialProcess(Event):
	"""
	Description: What experimenters do: treating, transfecting, growing cells
	"""
	def __init__(
		self,
		trigger: str,
		theme: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.theme = theme

class UnclassifiedEvent(Event):
	"""
	Description: An event of biology that the ontology has no class for, mostly an infection that is not of a virus
	"""
	def __init__(
		self,
		trigger: str,
		theme: List[Entity],
		cause: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.theme = theme
		self.cause = cause
