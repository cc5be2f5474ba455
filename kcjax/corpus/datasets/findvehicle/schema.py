# FindVehicle: vehicles described to find them. Brand and model together are also marked as a vehicle of a class, so mentions overlap.

class VehicleColor(Entity):
	"""
	Description: The colour of a vehicle
	"""
	identifier = "Q1075"

class VehicleBrand(Entity):
	"""
	Description: The make of a vehicle, without its model
	"""
	pass

class VehicleModel(Entity):
	"""
	Description: The model of a vehicle, without its make
	"""
	pass

class VehicleType(Entity):
	"""
	Description: A word for the class of a vehicle; make and model together are one of the classes beneath
	"""
	pass

class VehicleLocation(Entity):
	"""
	Description: Where in the picture or on the road a vehicle is
	"""
	pass

class VehicleOrientation(Entity):
	"""
	Description: The direction in which a vehicle drives or points
	"""
	pass

class VehicleVelocity(Entity):
	"""
	Description: How fast a vehicle drives, as a number with or without unit
	"""
	identifier = "Q11465"

class VehicleRange(Entity):
	"""
	Description: How far away a vehicle is, as a number with or without unit
	"""
	pass

class Bus(VehicleType):
	"""
	Description: Make and model of a vehicle that is a bus or coach
	"""
	identifier = "Q5638"

class Coupe(VehicleType):
	"""
	Description: Make and model of a vehicle that is a coupe, with two doors and a sloping roof
	"""
	pass

class EstateCar(VehicleType):
	"""
	Description: Make and model of a vehicle that is an estate car, also called station wagon
	"""
	pass

class Hatchback(VehicleType):
	"""
	Description: Make and model of a vehicle that is a hatchback, whose rear door opens upwards
	"""
	pass

class Motorcycle(VehicleType):
	"""
	Description: Make and model of a vehicle that is a motorcycle
	"""
	identifier = "Q34493"

class Minivan(VehicleType):
	"""
	Description: Make and model of a vehicle that is a multi-purpose vehicle, also called minivan
	"""
	pass

class Roadster(VehicleType):
	"""
	Description: Make and model of a vehicle that is a roadster, open and with two seats
	"""
	pass

class Sedan(VehicleType):
	"""
	Description: Make and model of a vehicle that is a sedan, with a separate boot
	"""
	pass

class SportsCar(VehicleType):
	"""
	Description: Make and model of a vehicle that is a sports car
	"""
	pass

class SportUtilityVehicle(VehicleType):
	"""
	Description: Make and model of a vehicle that is a sport utility vehicle
	"""
	pass

class Truck(VehicleType):
	"""
	Description: Make and model of a vehicle that is a truck or pickup
	"""
	identifier = "Q43193"

class Van(VehicleType):
	"""
	Description: Make and model of a vehicle that is a van
	"""
	identifier = "Q193468"

class VintageCar(VehicleType):
	"""
	Description: Make and model of a vehicle that is a vintage car
	"""
	pass
