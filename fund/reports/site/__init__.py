"""The public site: static pages in Dutch and English on money, experiments, lessons and partners, with their data.

``public_fund`` reads what everybody may know, once; the other modules compose pages of blocks in the language in use;
``blocks`` draws them with the templates of ``fund/templates/site``; ``publish`` puts them in place as a whole.
"""
