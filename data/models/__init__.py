"""The tables, one module a subject; importing them makes `Model.metadata` complete."""

from data.models.camera import Camera, CameraGrid
from data.models.columns import Model
from data.models.incident import Incident, IncidentEvent, IncidentGrid
from data.models.organisation import Organisation, ServiceCategory, ServiceItem
from data.models.record import (
    ImportBatch,
    IncidentChange,
    IncidentRevision,
    Installation,
    RevisionCounter,
    TopicChange,
)
from data.models.territory import Area, GridAreaLink, GridLevel, GridScheme, GridUnit

__all__ = [
    "Area",
    "Camera",
    "CameraGrid",
    "GridAreaLink",
    "GridLevel",
    "GridScheme",
    "GridUnit",
    "ImportBatch",
    "Incident",
    "IncidentChange",
    "IncidentEvent",
    "IncidentGrid",
    "IncidentRevision",
    "Installation",
    "Model",
    "Organisation",
    "RevisionCounter",
    "ServiceCategory",
    "ServiceItem",
    "TopicChange",
]
