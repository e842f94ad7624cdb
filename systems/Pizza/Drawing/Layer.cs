namespace Pizza.Drawing;

/// <summary>A shape in a colour, with a grain in it.</summary>
/// <param name="Shape">Where it is.</param>
/// <param name="Colour">Its colour.</param>
/// <param name="Roughness">How much the grain makes it darker and lighter, 0 to 1.</param>
/// <param name="Scale">How fine the grain is: cells to a unit.</param>
/// <param name="Patchy">Where above −1: only where the grain is greater than this, as cheese that melted in places.</param>
/// <param name="Softness">How soft the edge is, in the disc's units; 0 for as sharp as pixels allow.</param>
internal sealed record Layer(Shape Shape, Colour Colour, double Roughness = 0.1, double Scale = 8, double Patchy = -1, double Softness = 0);
