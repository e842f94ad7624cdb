namespace Tarn.Training;

/// <summary>In which order a network takes the numbers of an image.</summary>
public enum ImageLayout
{
    /// <summary>Channel by channel: [N, 3, height, width], as PyTorch and Caffe.</summary>
    Nchw,

    /// <summary>Pixel by pixel: [N, height, width, 3], as TensorFlow and Keras.</summary>
    Nhwc,
}

/// <summary>Which colour comes first.</summary>
public enum ChannelOrder
{
    /// <summary>Red, green, blue.</summary>
    Rgb,

    /// <summary>Blue, green, red, as Caffe.</summary>
    Bgr,
}

/// <summary>How a picture of any size is brought to the network's size.</summary>
public enum ResizePolicy
{
    /// <summary>Both sides to the size, whatever becomes of the proportions, as Keras's loaders do.</summary>
    Stretch,

    /// <summary>The shorter side to <see cref="BackboneEntry.ShortSide"/>, the proportions kept, then the middle cut out, as networks are evaluated on ImageNet.</summary>
    Crop,
}

/// <summary>
/// What the catalogue says of a backbone: where its file is, and how pixels become what it was trained on. A pixel x of 0 to 255 becomes
/// (x × <see cref="Scale"/> − <see cref="Mean"/>) ÷ <see cref="Std"/>, per channel.
/// </summary>
public sealed record BackboneEntry
{
    /// <summary>The name: lower-case letters, digits and <c>. _ -</c>, 64 at most.</summary>
    public required string Name { get; init; }

    /// <summary>What it is, in a line.</summary>
    public string Description { get; init; } = "";

    /// <summary>The ONNX file, relative to the backbones' folder or absolute; <c>builtin:…</c> for one that is made in code.</summary>
    public required string File { get; init; }

    /// <summary>Where the file can be fetched, or null.</summary>
    public string? Url { get; init; }

    /// <summary>The SHA-256 of the file, 64 hexadecimal digits; null until a file was added.</summary>
    public string? Sha256 { get; init; }

    /// <summary>The input's width in pixels, 16 to 2,048.</summary>
    public required int Width { get; init; }

    /// <summary>The input's height in pixels, 16 to 2,048.</summary>
    public required int Height { get; init; }

    /// <summary>The order of numbers. Default channel by channel.</summary>
    public ImageLayout Layout { get; init; } = ImageLayout.Nchw;

    /// <summary>The order of channels. Default red, green, blue.</summary>
    public ChannelOrder Channels { get; init; } = ChannelOrder.Rgb;

    /// <summary>What pixels of 0 to 255 are multiplied by first. Default 1.</summary>
    public double Scale { get; init; } = 1;

    /// <summary>What is subtracted then, for each channel in the network's own order. Default 0.</summary>
    public IReadOnlyList<double> Mean { get; init; } = [0, 0, 0];

    /// <summary>What it is divided by last, for each channel in the network's own order; not 0. Default 1.</summary>
    public IReadOnlyList<double> Std { get; init; } = [1, 1, 1];

    /// <summary>How pictures are brought to size. Default stretched.</summary>
    public ResizePolicy Resize { get; init; } = ResizePolicy.Stretch;

    /// <summary>For <see cref="ResizePolicy.Crop"/>: the shorter side before the cut, at least the larger of width and height. Default: that × 8 ÷ 7 (256 for 224).</summary>
    public int? ShortSide { get; init; }

    /// <summary>The tensor that is the embedding, <c>output</c> for the first output as it is, or <c>auto</c> (the default): the tensor before the last dense layer.</summary>
    public string Embedding { get; init; } = "auto";

    /// <summary>How to get the file where it cannot be fetched.</summary>
    public string? HowToGet { get; init; }

    /// <summary>Whether the entry comes with Tarn, unchanged.</summary>
    public bool IsBuiltIn { get; init; }

    /// <summary>The shorter side that pictures are brought to before the cut.</summary>
    internal int EffectiveShortSide => ShortSide ?? (int)Math.Round(Math.Max(Width, Height) * 8 / 7.0);

    /// <summary>Whether the network is made in code and has no file.</summary>
    internal bool IsMadeInCode => File.StartsWith("builtin:", StringComparison.Ordinal);
}
