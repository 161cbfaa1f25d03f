//! [`Source`]: what bears out a claim of a card: a paper, this lab's own measurements, or a test.

/// What bears out a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A paper, and the section, table, figure or equation in it.
    Paper(Paper, &'static str),
    /// A section of `docs/results.md`, by its heading.
    Measured(&'static str),
    /// A test of this repository, by the name of its function.
    Test(&'static str),
}

impl Source {
    /// How a card shows it; a test is shown to nobody who reads cards.
    pub fn short(self) -> Option<String> {
        match self {
            Self::Paper(paper, "") => Some(paper.short().into()),
            Self::Paper(paper, place) => Some(format!("{}, {place}", paper.short())),
            Self::Measured(section) => {
                let name = section.split(" (").next().unwrap_or(section);
                Some(format!("measured here: Results, {name}"))
            }
            Self::Test(_) => None,
        }
    }
}

macro_rules! papers {
    ($($paper:ident $short:literal $arxiv:literal $title:literal,)+) => {
        /// A paper that cards cite.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Paper {
            $(#[doc = concat!($title, ", arXiv:", $arxiv)] $paper,)+
        }

        impl Paper {
            /// What a card calls it.
            pub const fn short(self) -> &'static str {
                match self { $(Self::$paper => $short,)+ }
            }
        }
    };
}

papers! {
    Clip "CLIP" "2103.00020" "Learning Transferable Visual Models From Natural Language Supervision",
    SigLip "SigLIP" "2303.15343" "Sigmoid Loss for Language Image Pre-Training",
    Align "ALIGN" "2102.05918" "Scaling Up Visual and Vision-Language Representation Learning With Noisy Text Supervision",
    Lit "LiT" "2111.07991" "LiT: Zero-Shot Transfer with Locked-image text Tuning",
    WiseFt "WiSE-FT" "2109.01903" "Robust fine-tuning of zero-shot models",
    UniCl "UniCL" "2204.03610" "Unified Contrastive Learning in Image-Text-Label Space",
    WangLiu "Wang and Liu 2021" "2012.09740" "Understanding the Behaviour of Contrastive Loss",
    WangIsola "Wang and Isola 2020" "2005.10242" "Understanding Contrastive Representation Learning through Alignment and Uniformity on the Hypersphere",
    Gap "Liang et al. 2022" "2203.02053" "Mind the Gap: Understanding the Modality Gap in Multi-modal Contrastive Representation Learning",
    Cpc "van den Oord et al. 2018" "1807.03748" "Representation Learning with Contrastive Predictive Coding",
    Adam "Kingma and Ba 2015" "1412.6980" "Adam: A Method for Stochastic Optimization",
    GradCache "Gao et al. 2021" "2101.06983" "Scaling Deep Contrastive Learning Batch Size under Memory Limited Setup",
    Guo "Guo et al. 2017" "1706.04599" "On Calibration of Modern Neural Networks",
    Decay "van Laarhoven 2017" "1706.05350" "L2 Regularization versus Batch and Weight Normalization",
}
