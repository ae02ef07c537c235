"""What runs and watches Sealmate: the local cloud, alarms, dashboards and the cost model."""
