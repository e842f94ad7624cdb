namespace Tarn.Training;

/// <summary>What may be wrong with an image, or with a dataset.</summary>
public enum ImageCheck
{
    /// <summary>The file has no bytes.</summary>
    Empty,

    /// <summary>The file cannot be read as an image: of no known format, damaged, or of a kind that is not read.</summary>
    Unreadable,

    /// <summary>The file was cut short.</summary>
    Truncated,

    /// <summary>The file has more bytes, or the image more pixels, than allowed. Told by its header; nothing is decoded.</summary>
    OverLimit,

    /// <summary>The file's EXIF, colour profile and other notes are larger than allowed.</summary>
    OversizedMetadata,

    /// <summary>A side is shorter than allowed.</summary>
    Tiny,

    /// <summary>The source gives no class for it.</summary>
    Unlabelled,

    /// <summary>The same bytes come under several classes.</summary>
    ContradictoryLabel,

    /// <summary>It looks like images of two splits: in either it would let training see what is to be judged.</summary>
    Leaking,

    /// <summary>The same bytes are in the dataset already.</summary>
    Duplicate,

    /// <summary>The file at this path was replaced by another image.</summary>
    Replaced,

    /// <summary>It looks like another image; both are kept, in one split.</summary>
    NearDuplicate,

    /// <summary>The file's extension promises another format.</summary>
    WrongExtension,

    /// <summary>The file holds several pictures, of which only the first counts.</summary>
    Animated,

    /// <summary>A class has many times fewer images than the largest.</summary>
    ImbalancedClass,

    /// <summary>A class has one image.</summary>
    SingleImageClass,

    /// <summary>A class has no image in a split.</summary>
    MissingFromSplit,

    /// <summary>Many images of a class look alike, so that splits cannot have their shares.</summary>
    LargeGroup,

    /// <summary>Images that look alike have different classes.</summary>
    DoubtfulLabel,

    /// <summary>The source wants another split, or another group, for an image that has its own already: it stays.</summary>
    SplitStays,
}
