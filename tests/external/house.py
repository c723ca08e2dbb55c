"""A house that draws 2 kW and switches a 3 kW heater on below 0.98 p.u.; knows mosaik, nothing of this project."""

import mosaik_api_v3

META = {
    "api_version": "3.0",
    "type": "time-based",
    "models": {"House": {"public": True, "params": ["base_mw"], "attrs": ["p_mw", "vm_pu"]}},
}


class HouseSimulator(mosaik_api_v3.Simulator):
    """As many houses as asked for."""

    def __init__(self):
        super().__init__(META)
        self.houses = {}

    def init(self, sid, time_resolution=1.0, step_s=60):
        self.step_s = step_s
        return self.meta

    def create(self, num, model, base_mw=-0.002):
        new = [f"house_{len(self.houses) + i}" for i in range(num)]
        self.houses.update({eid: {"base_mw": base_mw, "p_mw": base_mw, "vm_pu": 1.0} for eid in new})
        return [{"eid": eid, "type": model} for eid in new]

    def step(self, time, inputs, max_advance):
        for eid, house in self.houses.items():
            values = inputs.get(eid, {}).get("vm_pu", {})
            house["vm_pu"] = next(iter(values.values()), 1.0)
            house["p_mw"] = house["base_mw"] - (0.003 if 0 < house["vm_pu"] < 0.98 else 0.0)
        return time + self.step_s

    def get_data(self, outputs):
        return {eid: {name: self.houses[eid][name] for name in names} for eid, names in outputs.items()}


if __name__ == "__main__":
    mosaik_api_v3.start_simulation(HouseSimulator())
