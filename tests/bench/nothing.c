/* nothing - do nothing, linked with what the commands are linked with */

int
main(void)
{
	return 0;
}
