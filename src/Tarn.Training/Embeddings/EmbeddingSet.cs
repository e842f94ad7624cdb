using Tarn.Core;

namespace Tarn.Training;

/// <summary>The embeddings of images: for each image its views, one after another. Immutable.</summary>
public sealed class EmbeddingSet
{
    internal EmbeddingSet(IReadOnlyList<DatasetImage> images, int views, FloatMatrix rows, int computed) =>
        (Images, Views, Rows, Computed) = (images, views, rows, computed);

    /// <summary>The images, in the order in which they were asked for.</summary>
    public IReadOnlyList<DatasetImage> Images { get; }

    /// <summary>How many views each image has.</summary>
    public int Views { get; }

    /// <summary>A row for each view: view v of image i is row i × <see cref="Views"/> + v.</summary>
    public FloatMatrix Rows { get; }

    /// <summary>How many of the rows were computed now; the others were kept from before.</summary>
    public int Computed { get; }

    /// <summary>The number of each row's class.</summary>
    /// <param name="classes">The classes, in the order of their numbers.</param>
    /// <exception cref="TarnException">An image is of none of them.</exception>
    public int[] Labels(IReadOnlyList<string> classes)
    {
        var numbers = classes.Select(static (name, number) => (name, number)).ToDictionary(static c => c.name, static c => c.number, StringComparer.Ordinal);
        var labels = new int[Rows.Rows];
        for (var i = 0; i < Images.Count; i++)
        {
            if (!numbers.TryGetValue(Images[i].Label, out var number))
            {
                throw TarnException.InvalidInput($"Every image is of one of the classes {string.Join(", ", classes)}.", $"{Images[i].Path}: {Images[i].Label}");
            }

            labels.AsSpan(i * Views, Views).Fill(number);
        }

        return labels;
    }
}
