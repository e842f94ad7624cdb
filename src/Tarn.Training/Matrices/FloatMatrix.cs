using System.Globalization;
using System.Numerics.Tensors;
using Tarn.Core;

namespace Tarn.Training;

/// <summary>A matrix of 32-bit floats, row by row in one array: a row for each image or record, a column for each feature or class.</summary>
public sealed class FloatMatrix
{
    /// <summary>A matrix of zeros.</summary>
    /// <param name="rows">Rows, at least 0.</param>
    /// <param name="columns">Columns, at least 0.</param>
    /// <exception cref="TarnException">The matrix would have more than 2,147,483,591 values.</exception>
    public FloatMatrix(int rows, int columns)
        : this(rows, columns, new float[Length(rows, columns)])
    {
    }

    /// <summary>A matrix over values that are there; they are not copied.</summary>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="data">Rows × columns values, row by row.</param>
    /// <exception cref="TarnException">The array has another length.</exception>
    public FloatMatrix(int rows, int columns, float[] data)
    {
        if (data.Length != Length(rows, columns))
        {
            throw TarnException.InvalidInput("A matrix holds rows × columns values.", $"{rows} × {columns} with {data.Length} values", "Pass an array of that length.");
        }

        (Rows, Columns, Data) = (rows, columns, data);
    }

    /// <summary>How many rows.</summary>
    public int Rows { get; }

    /// <summary>How many columns.</summary>
    public int Columns { get; }

    /// <summary>The values, row by row.</summary>
    public float[] Data { get; }

    /// <summary>The value at a row and a column, both from 0.</summary>
    public ref float this[int row, int column] => ref Row(row)[column];

    /// <summary>A row's values.</summary>
    public Span<float> Row(int row) => Data.AsSpan(row * Columns, Columns);

    /// <summary>The named rows, copied, in the order given.</summary>
    public FloatMatrix Select(ReadOnlySpan<int> rows)
    {
        var selected = new FloatMatrix(rows.Length, Columns);
        for (var i = 0; i < rows.Length; i++)
        {
            Row(rows[i]).CopyTo(selected.Row(i));
        }

        return selected;
    }

    /// <summary>Throws where a value is NaN or infinite.</summary>
    /// <param name="what">What the matrix is, for the message: <c>feature</c>, for example.</param>
    /// <param name="rowNames">What the rows are called, such as files, or null.</param>
    /// <exception cref="TarnException">A value is not finite; the message names its row and column, both from 0.</exception>
    public void CheckFinite(string what, IReadOnlyList<string>? rowNames = null)
    {
        for (var r = 0; r < Rows; r++)
        {
            var row = Row(r);
            if (!TensorPrimitives.IsFiniteAll<float>(row))
            {
                var column = 0;
                while (float.IsFinite(row[column]))
                {
                    column++;
                }

                var name = rowNames is null ? "" : $" ({rowNames[r]})";
                throw TarnException.InvalidInput(
                    $"Every {what} is a finite number.",
                    string.Create(CultureInfo.InvariantCulture, $"row {r}{name}, column {column}: {row[column]}"),
                    "Leave the row out, or mend what computed it.");
            }
        }
    }

    private static int Length(int rows, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        var length = (long)rows * columns;
        return length <= Array.MaxLength ? (int)length : throw TarnException.InvalidInput(
            $"A matrix holds at most {Array.MaxLength} values.", $"{rows} × {columns}", "Work in parts.");
    }
}
