"""PolishAPI 2.1.1, 2.1.2 and (unproven) 3.0: everything is a POST of signed JSON.

Source: ZBP-polish-api-2_1_2-swagger.json and PolishAPI-ver2_1_1.yaml (CC BY 3.0 PL).
"""
